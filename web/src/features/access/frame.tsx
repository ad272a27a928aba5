import { t } from '@lingui/core/macro';
import { type ReactNode, useEffect } from 'react';
import { useDark } from '@/lib/media';
import { chooseLanguage, chooseTheme, type Language, language, languages } from '@/lib/preferences';
import { useStore } from '@/lib/store';
import { classes } from '@/ui/classes';
import { Mark } from '@/ui/mark';

const choice = 'rounded-md px-2 py-1 text-xs text-muted hover:bg-hover hover:text-text max-md:min-h-11 max-md:px-3';

/** A page for who is not signed in: one column, one task, nothing about the machine behind it. */
export function Frame({ title, lead, children, wide }: { title: string; lead?: ReactNode; children: ReactNode; wide?: boolean }) {
  useEffect(() => {
    document.title = `${title} · BanGUI`;
  }, [title]);
  return (
    <div className="flex min-h-dvh flex-col items-center px-4">
      <main className={classes('flex w-full flex-1 flex-col justify-center gap-5 py-10', wide ? 'max-w-[440px]' : 'max-w-[372px]')}>
        <header className="flex flex-col items-center gap-3 text-center">
          <Mark className="size-11" />
          <h1 className="text-2xl font-semibold tracking-tight">{title}</h1>
          {lead !== undefined && <p className="text-base text-balance text-muted">{lead}</p>}
        </header>
        {children}
      </main>
      <Looks />
    </div>
  );
}

function Looks() {
  const dark = useDark();
  const spoken = useStore(language);
  return (
    <footer className="flex items-center gap-1 pb-5">
      {Object.entries(languages).map(([value, label]) => (
        <button
          key={value}
          type="button"
          lang={value}
          aria-pressed={spoken === value}
          className={classes(choice, spoken === value && 'font-medium text-text')}
          onClick={() => void chooseLanguage(value as Language)}
        >
          {label}
        </button>
      ))}
      <span className="h-3 w-px bg-line" aria-hidden />
      <button type="button" className={choice} onClick={() => chooseTheme(dark ? 'light' : 'dark')}>
        {dark ? t`Light` : t`Dark`}
      </button>
    </footer>
  );
}

const tones = {
  plain: 'bg-accent-soft text-accent-text',
  warn: 'bg-warn-soft text-warn',
  danger: 'bg-danger-soft text-danger',
};

/** What must be known before one types. */
export function Note({ tone, children, urgent }: { tone: keyof typeof tones; children: ReactNode; urgent?: boolean }) {
  return (
    <div role={urgent ? 'alert' : 'status'} className={classes('rounded-lg px-4 py-3 text-sm wrap-anywhere', tones[tone])}>
      {children}
    </div>
  );
}
