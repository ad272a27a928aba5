import { t } from '@lingui/core/macro';
import { useNavigate } from '@tanstack/react-router';
import { CalendarClock, CircleUser, FileClock, History, Languages, LogOut, Moon, ScrollText, Sun, UserCog, Users } from 'lucide-react';
import { useEffect } from 'react';
import { signOut, useMay, useSession } from '@/api/access';
import { roleInWords } from '@/api/words';
import { useDark, usePhone } from '@/lib/media';
import { visible } from '@/lib/plain';
import { chooseLanguage, chooseTheme, type Language, language, languages } from '@/lib/preferences';
import { answer, ask } from '@/lib/requests';
import { useStore } from '@/lib/store';
import { Badge } from '@/ui/badge';
import { IconButton } from '@/ui/button';
import { Menu, type MenuEntry } from '@/ui/menu';
import { tellProblem } from '@/ui/toast';

async function leave(): Promise<void> {
  try {
    await signOut();
  } catch (error) {
    tellProblem(t`You are still signed in`, error);
  }
}

/** Who one is, what one may look after, and the way out. */
export function AccountMenu() {
  const session = useSession();
  const navigate = useNavigate();
  const administers = useMay('users');
  const looks = useLooks();
  const phone = usePhone();
  useEffect(() => answer('sign-out', () => void leave()), []);
  if (session === undefined) return null;
  const { username, role } = session.user;
  const go = (
    label: string,
    icon: MenuEntry['icon'],
    to: '/account' | '/history' | '/jobs' | '/users' | '/config/versions' | '/audit',
    apart?: boolean,
  ): MenuEntry => ({
    label,
    icon,
    apart,
    onSelect: () => void navigate({ to }),
  });
  const admin = administers
    ? [
        go(t`Users`, <Users aria-hidden />, '/users', true),
        go(t`Versions`, <FileClock aria-hidden />, '/config/versions'),
        go(t`Audit log`, <ScrollText aria-hidden />, '/audit'),
      ]
    : [];
  return (
    <Menu
      trigger={
        <IconButton label={t`Account of ${visible(username)}`}>
          <CircleUser aria-hidden />
        </IconButton>
      }
      head={
        <div className="flex items-center justify-between gap-6 px-2 py-1.5">
          <span className="min-w-0 truncate text-sm font-semibold">{visible(username)}</span>
          <Badge>{roleInWords(role)}</Badge>
        </div>
      }
      entries={[
        go(t`Your account`, <UserCog aria-hidden />, '/account', true),
        // The bar at a phone's bottom has no room for them.
        ...(phone
          ? [go(t`History`, <History aria-hidden />, '/history'), go(t`Background jobs`, <CalendarClock aria-hidden />, '/jobs')]
          : []),
        ...admin,
        ...looks,
        { label: t`Sign out`, icon: <LogOut aria-hidden />, apart: true, onSelect: () => ask('sign-out', {}) },
      ]}
    />
  );
}

/** On phones the bar has no room for the buttons of theme and language. */
function useLooks(): MenuEntry[] {
  const phone = usePhone();
  const dark = useDark();
  const spoken = useStore(language);
  if (!phone) return [];
  const other = Object.entries(languages).find(([value]) => value !== spoken);
  return [
    {
      label: dark ? t`Light colours` : t`Dark colours`,
      icon: dark ? <Sun aria-hidden /> : <Moon aria-hidden />,
      apart: true,
      onSelect: () => chooseTheme(dark ? 'light' : 'dark'),
    },
    ...(other === undefined
      ? []
      : [{ label: other[1], icon: <Languages aria-hidden />, onSelect: () => void chooseLanguage(other[0] as Language) }]),
  ];
}
