import { t } from '@lingui/core/macro';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import {
  Ban,
  CalendarClock,
  FileClock,
  FileSearch,
  FileText,
  Filter,
  Gauge,
  History,
  Info,
  List,
  LogOut,
  Moon,
  Regex,
  ScrollText,
  Server,
  Shield,
  ShieldOff,
  Sun,
  UserCog,
  Users,
  Zap,
} from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import { useMay } from '@/api/access';
import { addressQuery, jailsQuery } from '@/api/queries';
import type { Address } from '@/api/types';
import { parseTarget } from '@/lib/address';
import { useNow } from '@/lib/clock';
import { visible } from '@/lib/plain';
import { chooseTheme } from '@/lib/preferences';
import { problemOf } from '@/lib/problem';
import { ask } from '@/lib/requests';
import { relativeTime } from '@/lib/time';

/** One thing that the palette offers. */
export interface PaletteItem {
  id: string;
  label: string;
  /** What sort of thing it is, in a word. */
  kind: string;
  icon: ReactNode;
  run: () => void;
}

function useSettled(value: string, ms: number): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}

/** What there is for a text, and for an address what is known about it already. */
export function usePaletteItems(text: string): { items: PaletteItem[]; note: string | undefined } {
  const target = parseTarget(text)?.text;
  const settled = useSettled(target ?? '', 200);
  const now = useNow();
  const lookup = useQuery({ ...addressQuery(settled), enabled: settled !== '' && settled === target });
  const general = useGeneralItems(text.trim().toLowerCase());
  const forAddress = useAddressItems(target, lookup.data);
  if (target === undefined) return { items: general, note: undefined };
  const note = lookup.isError
    ? problemOf(lookup.error).message
    : lookup.data === undefined || settled !== target
      ? t`Looking it up…`
      : noteFor(lookup.data, now);
  return { items: forAddress, note };
}

function noteFor({ address, bans, covered_by, protected: guard }: Address, now: number): string {
  const [first] = bans;
  const jails = bans.map((b) => visible(b.jail)).join(', ');
  if (first !== undefined) {
    return first.expires_at === null
      ? t`${address} is banned in ${jails}, for ever`
      : t`${address} is banned in ${jails}, ends ${relativeTime(first.expires_at, now, 'long')}`;
  }
  const [network] = covered_by;
  if (network !== undefined) return t`${address} is banned by its network ${visible(network.address)}`;
  return guard === null ? t`${address} is not banned` : t`${address} is not banned and can't be: ${visible(guard.reason)}`;
}

function useAddressItems(target: string | undefined, known: Address | undefined): PaletteItem[] {
  const navigate = useNavigate();
  const mayBan = useMay('ban');
  if (target === undefined) return [];
  const bans = known?.bans ?? [];
  const items: PaletteItem[] = [
    {
      id: 'why',
      label: t`Show all about ${target}`,
      kind: t`Address`,
      icon: <FileSearch aria-hidden />,
      run: () => void navigate({ to: '/address/$', params: { _splat: target } }),
    },
  ];
  if (mayBan && bans.length > 0) {
    items.push({
      id: 'unban',
      label: t`Unban ${target}`,
      kind: t`Action`,
      icon: <ShieldOff aria-hidden />,
      run: () => ask('unban', { bans }),
    });
  }
  if (mayBan) {
    items.push({
      id: 'ban',
      label: t`Ban ${target}…`,
      kind: t`Action`,
      icon: <Ban aria-hidden />,
      run: () => ask('ban', { addresses: [target] }),
    });
  }
  items.push({
    id: 'list',
    label: t`Find ${target} in the list of bans`,
    kind: t`List`,
    icon: <List aria-hidden />,
    run: () => void navigate({ to: '/bans', search: { q: target } }),
  });
  return items;
}

function useGeneralItems(text: string): PaletteItem[] {
  const navigate = useNavigate();
  const jails = useQuery(jailsQuery).data ?? [];
  const mayBan = useMay('ban');
  const tests = useMay('test');
  const administers = useMay('users');
  const configures = useMay('configure');
  const page = t`Page`;
  const action = t`Action`;
  const all: PaletteItem[] = [
    { id: 'overview', label: t`Overview`, kind: page, icon: <Gauge aria-hidden />, run: () => void navigate({ to: '/' }) },
    { id: 'bans', label: t`Bans`, kind: page, icon: <Ban aria-hidden />, run: () => void navigate({ to: '/bans' }) },
    { id: 'history', label: t`History`, kind: page, icon: <History aria-hidden />, run: () => void navigate({ to: '/history' }) },
    { id: 'jails', label: t`Jails`, kind: page, icon: <Shield aria-hidden />, run: () => void navigate({ to: '/jails' }) },
    {
      id: 'server',
      label: t`fail2ban's server and log`,
      kind: page,
      icon: <Server aria-hidden />,
      run: () => void navigate({ to: '/server' }),
    },
    { id: 'jobs', label: t`Background jobs`, kind: page, icon: <CalendarClock aria-hidden />, run: () => void navigate({ to: '/jobs' }) },
    { id: 'about', label: t`Host and about`, kind: page, icon: <Info aria-hidden />, run: () => void navigate({ to: '/about' }) },
    { id: 'account', label: t`Your account`, kind: page, icon: <UserCog aria-hidden />, run: () => void navigate({ to: '/account' }) },
    ...(tests
      ? [
          {
            id: 'expressions',
            label: t`Expression tester`,
            kind: page,
            icon: <Regex aria-hidden />,
            run: () => void navigate({ to: '/tools/expressions' }),
          },
        ]
      : []),
    ...(configures
      ? [
          { id: 'filters', label: t`Filters`, kind: page, icon: <Filter aria-hidden />, run: () => void navigate({ to: '/filters' }) },
          { id: 'actions', label: t`Actions`, kind: page, icon: <Zap aria-hidden />, run: () => void navigate({ to: '/actions' }) },
          {
            id: 'files',
            label: t`Configuration files`,
            kind: page,
            icon: <FileText aria-hidden />,
            run: () => void navigate({ to: '/config/files' }),
          },
          {
            id: 'versions',
            label: t`Versions of the configuration`,
            kind: page,
            icon: <FileClock aria-hidden />,
            run: () => void navigate({ to: '/config/versions' }),
          },
        ]
      : []),
    ...(administers
      ? [
          { id: 'users', label: t`Users`, kind: page, icon: <Users aria-hidden />, run: () => void navigate({ to: '/users' }) },
          { id: 'audit', label: t`Audit log`, kind: page, icon: <ScrollText aria-hidden />, run: () => void navigate({ to: '/audit' }) },
        ]
      : []),
    ...(mayBan
      ? [{ id: 'ban', label: t`Ban an address…`, kind: action, icon: <Ban aria-hidden />, run: () => ask('ban', { addresses: [] }) }]
      : []),
    { id: 'dark', label: t`Dark colours`, kind: action, icon: <Moon aria-hidden />, run: () => chooseTheme('dark') },
    { id: 'light', label: t`Light colours`, kind: action, icon: <Sun aria-hidden />, run: () => chooseTheme('light') },
    { id: 'sign-out', label: t`Sign out`, kind: action, icon: <LogOut aria-hidden />, run: () => ask('sign-out', {}) },
    ...jails.map(({ name }) => ({
      id: `jail ${name}`,
      label: visible(name),
      kind: t`Jail`,
      icon: <Shield aria-hidden />,
      run: () => void navigate({ to: '/jails/$jail', params: { jail: name } }),
    })),
  ];
  return all.filter((item) => item.label.toLowerCase().includes(text)).slice(0, 30);
}
