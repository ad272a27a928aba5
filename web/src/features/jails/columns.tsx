import { plural, t } from '@lingui/core/macro';
import { Link } from '@tanstack/react-router';
import type { Jail } from '@/api/types';
import { closesInWords, jailStateInWords, trigger } from '@/api/words';
import { visible } from '@/lib/plain';
import { duration, number } from '@/lib/time';
import { classes } from '@/ui/classes';
import type { Column } from '@/ui/grid/row';

const tones = { ok: 'text-ok', warn: 'text-warn', danger: 'text-danger', neutral: 'text-muted' };

/** A jail of the list: one that runs or should, or one that the configuration has and does not make active. */
export interface JailRow extends Omit<Jail, 'state'> {
  state: Jail['state'] | 'inactive';
  /** Why fail2ban could not run it. */
  fault?: string | null;
}

/** A jail's state: picture, word, colour. */
export function JailState({ state }: { state: JailRow['state'] }) {
  const { mark, word, tone } =
    state === 'inactive' ? ({ mark: '○', word: t`Inactive`, tone: 'neutral' } as const) : jailStateInWords(state);
  return (
    <span className={classes('inline-flex items-center gap-1.5 whitespace-nowrap', tones[tone])}>
      <span aria-hidden>{mark}</span>
      {word}
    </span>
  );
}

function Name({ jail, tabIndex }: { jail: JailRow; tabIndex: 0 | -1 }) {
  return (
    <Link to="/jails/$jail" params={{ jail: jail.name }} tabIndex={tabIndex} className="font-medium hover:text-accent hover:underline">
      {visible(jail.name)}
    </Link>
  );
}

/** The figure is the way to the bans behind it. */
function Banned({ jail, tabIndex }: { jail: JailRow; tabIndex: 0 | -1 }) {
  return (
    <Link to="/bans" search={{ jail: jail.name }} tabIndex={tabIndex} className="hover:text-accent hover:underline">
      {number(jail.currently_banned)}
    </Link>
  );
}

/** The columns of the list of jails. */
export function jailColumns(): Column<JailRow>[] {
  return [
    { id: 'name', header: t`Jail`, width: 'minmax(96px, 1.2fr)', cell: (jail, tabIndex) => <Name jail={jail} tabIndex={tabIndex} /> },
    {
      id: 'state',
      header: t`State`,
      width: '104px',
      cell: ({ state, fault }) => (
        <span title={fault ? visible(fault) : undefined}>
          <JailState state={state} />
        </span>
      ),
    },
    {
      id: 'now',
      header: t`Banned`,
      width: '68px',
      align: 'end',
      cell: (jail, tabIndex) => jail.state !== 'inactive' && <Banned jail={jail} tabIndex={tabIndex} />,
    },
    {
      id: 'total',
      header: t`In total`,
      width: '68px',
      align: 'end',
      cell: ({ total_banned, state }) => state !== 'inactive' && <span className="text-muted">{number(total_banned)}</span>,
    },
    {
      id: 'failed',
      header: t({ message: 'Failures', context: 'narrow column' }),
      width: '68px',
      align: 'end',
      cell: ({ currently_failed, state }) => state !== 'inactive' && number(currently_failed),
    },
    {
      id: 'failures',
      header: t`In total`,
      width: '68px',
      align: 'end',
      cell: ({ total_failed, state }) => state !== 'inactive' && <span className="text-muted">{number(total_failed)}</span>,
    },
    {
      id: 'after',
      header: t`Bans after`,
      width: 'minmax(176px, 0.9fr)',
      cell: (jail) => (jail.state === 'inactive' ? '' : trigger({ ...jail, state: jail.state })),
    },
    {
      id: 'for',
      header: t`Bans for`,
      width: '72px',
      cell: ({ ban_seconds, state }) =>
        state === 'inactive' ? '' : state === 'stopped' && ban_seconds === 0 ? '–' : duration(ban_seconds),
    },
    {
      id: 'closes',
      header: t`Closes`,
      width: 'minmax(120px, 1fr)',
      cell: ({ closes, state }) => state !== 'inactive' && <Closes text={closesInWords(closes)} />,
    },
  ];
}

function Closes({ text }: { text: string }) {
  return (
    <span className="text-muted" title={text}>
      {text}
    </span>
  );
}

/** On phones a jail is a card of two lines. */
export function jailCard(): Column<JailRow>[] {
  return [
    {
      id: 'card',
      header: t`Jail`,
      width: 'minmax(0, 1fr)',
      cell: (jail, tabIndex) => (
        <div className="flex flex-col gap-0.5">
          <div className="flex items-center justify-between gap-2 text-base">
            <Name jail={jail} tabIndex={tabIndex} />
            {jail.state !== 'inactive' && <span className="text-sm">{t`${number(jail.currently_banned)} banned`}</span>}
          </div>
          <div className="flex justify-between gap-2 text-xs">
            <JailState state={jail.state} />
            {jail.state !== 'inactive' && (
              <span className="text-muted">{plural(jail.currently_failed, { one: '# failure now', other: '# failures now' })}</span>
            )}
          </div>
        </div>
      ),
    },
  ];
}
