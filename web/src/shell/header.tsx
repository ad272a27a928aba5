import { t } from '@lingui/core/macro';
import { Link } from '@tanstack/react-router';
import { CircleHelp, Languages, Monitor, Moon, Search, Sun } from 'lucide-react';
import { SchedulerChip } from '@/features/jobs/scheduler-chip';
import { chooseLanguage, chooseTheme, type Language, language, languages, type Theme, theme } from '@/lib/preferences';
import { ask } from '@/lib/requests';
import { useStore } from '@/lib/store';
import { keepTyping } from '@/lib/typed-ahead';
import { IconButton } from '@/ui/button';
import { Keys } from '@/ui/keys';
import { Mark } from '@/ui/mark';
import { Menu } from '@/ui/menu';
import { AccountMenu } from './account-menu';
import { HostChip } from './host-chip';
import { LiveDot } from './live-dot';

/** The bar on top: whose page this is, how the host is, search, help, looks. */
export function Header() {
  return (
    <header className="sticky top-0 z-30 flex h-(--header) items-center gap-3 border-b border-line bg-surface pr-3 pl-4 max-md:gap-1 max-md:pl-3">
      <Link to="/" className="flex items-center gap-2 md:w-[calc(var(--nav)-32px)]">
        <Mark />
        <span className="text-lg font-semibold tracking-tight max-md:sr-only">BanGUI</span>
      </Link>
      <HostChip />
      <div className="flex-1" />
      <button
        type="button"
        onClick={() => {
          keepTyping();
          ask('palette', {});
        }}
        className="flex h-8 w-80 items-center gap-2 rounded-md border border-line-strong bg-canvas px-2.5 text-sm text-muted hover:bg-hover max-lg:w-44 max-md:hidden"
      >
        <Search className="size-4" aria-hidden />
        <span className="flex-1 truncate text-left">{t`Find or ban an address`}</span>
        <Keys keys="mod+k" />
      </button>
      <SchedulerChip />
      <LiveDot />
      <IconButton label={t`Keys and help`} keys="?" onClick={() => ask('keys', {})}>
        <CircleHelp aria-hidden />
      </IconButton>
      <span className="flex items-center gap-3 max-md:hidden">
        <ThemeMenu />
        <LanguageMenu />
      </span>
      <AccountMenu />
    </header>
  );
}

function ThemeMenu() {
  const current = useStore(theme);
  const entry = (value: Theme, label: string) => ({ label, checked: current === value, onSelect: () => chooseTheme(value) });
  const icon = current === 'dark' ? <Moon aria-hidden /> : current === 'light' ? <Sun aria-hidden /> : <Monitor aria-hidden />;
  return (
    <Menu
      trigger={<IconButton label={t`Light or dark`}>{icon}</IconButton>}
      entries={[entry('system', t`As the system`), entry('light', t`Light`), entry('dark', t`Dark`)]}
    />
  );
}

function LanguageMenu() {
  const current = useStore(language);
  return (
    <Menu
      trigger={
        <IconButton label={t`Language`}>
          <Languages aria-hidden />
        </IconButton>
      }
      entries={Object.entries(languages).map(([value, label]) => ({
        label,
        checked: current === value,
        onSelect: () => void chooseLanguage(value as Language),
      }))}
    />
  );
}
