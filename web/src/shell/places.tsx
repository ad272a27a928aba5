import { t } from '@lingui/core/macro';
import {
  Ban,
  CalendarClock,
  FileClock,
  FileText,
  Filter,
  Gauge,
  History,
  Info,
  Regex,
  ScrollText,
  Server,
  Shield,
  Users,
  Zap,
} from 'lucide-react';
import type { ReactNode } from 'react';
import { useMay } from '@/api/access';

/** One page that the navigation leads to. */
export interface Place {
  to:
    | '/'
    | '/bans'
    | '/history'
    | '/jails'
    | '/filters'
    | '/actions'
    | '/config/files'
    | '/config/versions'
    | '/tools/expressions'
    | '/server'
    | '/jobs'
    | '/users'
    | '/audit'
    | '/about';
  label: string;
  icon: ReactNode;
}

/** Pages that are for one thing. */
export interface PlaceGroup {
  title: string;
  places: Place[];
}

/** Every page that who is signed in may open, in the order in which it is offered: at the left, or in a phone's menu. */
export function usePlaces(): PlaceGroup[] {
  const tests = useMay('test');
  const configures = useMay('configure');
  const administers = useMay('users');
  const groups: PlaceGroup[] = [
    {
      title: t`Watch`,
      places: [
        { to: '/', label: t`Overview`, icon: <Gauge aria-hidden /> },
        { to: '/bans', label: t`Bans`, icon: <Ban aria-hidden /> },
        { to: '/history', label: t`History`, icon: <History aria-hidden /> },
      ],
    },
    {
      title: t`Protect`,
      places: [
        { to: '/jails', label: t`Jails`, icon: <Shield aria-hidden /> },
        ...some(
          configures,
          { to: '/filters', label: t`Filters`, icon: <Filter aria-hidden /> },
          { to: '/actions', label: t`Actions`, icon: <Zap aria-hidden /> },
          { to: '/config/files', label: t`Configuration files`, icon: <FileText aria-hidden /> },
          { to: '/config/versions', label: t`Versions`, icon: <FileClock aria-hidden /> },
        ),
      ],
    },
    {
      title: t`Tools`,
      places: some(tests, { to: '/tools/expressions', label: t`Expression tester`, icon: <Regex aria-hidden /> }),
    },
    {
      title: t`System`,
      places: [
        { to: '/server', label: t`Server`, icon: <Server aria-hidden /> },
        { to: '/jobs', label: t`Jobs`, icon: <CalendarClock aria-hidden /> },
        ...some(
          administers,
          { to: '/users', label: t`Users`, icon: <Users aria-hidden /> },
          { to: '/audit', label: t`Audit log`, icon: <ScrollText aria-hidden /> },
        ),
        { to: '/about', label: t`Host and about`, icon: <Info aria-hidden /> },
      ],
    },
  ];
  return groups.filter(({ places }) => places.length > 0);
}

function some(may: boolean, ...places: Place[]): Place[] {
  return may ? places : [];
}
