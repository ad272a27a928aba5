import { t } from '@lingui/core/macro';
import { useNavigate } from '@tanstack/react-router';
import { CircleUser, Languages, LogOut, Moon, Sun, UserCog } from 'lucide-react';
import { useEffect } from 'react';
import { signOut, useSession } from '@/api/access';
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

/** Who one is, and the way out. */
export function AccountMenu() {
  const session = useSession();
  const navigate = useNavigate();
  const looks = useLooks();
  useEffect(() => answer('sign-out', () => void leave()), []);
  if (session === undefined) return null;
  const { username, role } = session.user;
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
        { label: t`Your account`, icon: <UserCog aria-hidden />, apart: true, onSelect: () => void navigate({ to: '/account' }) },
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
