import { t } from '@lingui/core/macro';
import type { ReactNode } from 'react';
import type { JailDetail } from '@/api/types';
import { trigger } from '@/api/words';
import { visible } from '@/lib/plain';
import { duration, number } from '@/lib/time';
import { Card } from '@/ui/card';

type Line = [name: string, option: string, value: ReactNode];

function Many({ values, none }: { values: readonly string[]; none: string }) {
  if (values.length === 0) return <span className="text-muted">{none}</span>;
  return (
    <ul className="flex flex-col gap-0.5">
      {values.map((value, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: expressions may repeat
        <li key={index} className="font-mono text-xs leading-5 wrap-anywhere">
          {visible(value)}
        </li>
      ))}
    </ul>
  );
}

function text(value: string | null, none: string): ReactNode {
  return value === null || value === '' ? (
    <span className="text-muted">{none}</span>
  ) : (
    <span className="font-mono text-xs wrap-anywhere">{visible(value)}</span>
  );
}

function watching(jail: JailDetail): Line[] {
  return [
    [t`Bans after`, 'maxretry, findtime', trigger(jail)],
    [
      t`Watches`,
      'logpath',
      <Many key="l" values={jail.log_paths} none={jail.journal_matches.length > 0 ? t`the journal` : t`no log file`} />,
    ],
    ...(jail.journal_matches.length > 0
      ? [[t`Journal entries`, 'journalmatch', <Many key="j" values={jail.journal_matches} none="" />] as Line]
      : []),
    [t`How it watches`, 'backend', text(jail.backend, t`fail2ban doesn't say`)],
    [t`Encoding of the log`, 'logencoding', text(jail.log_encoding, t`not known`)],
    [t`Host names in the log`, 'usedns', text(jail.use_dns, t`not known`)],
    [t`Lines at once`, 'maxlines', number(jail.max_lines)],
    [t`Lines kept as evidence`, 'maxmatches', number(jail.max_matches)],
    [t`Dates look like`, 'datepattern', text(jail.date_pattern, t`found by itself`)],
  ];
}

function banning(jail: JailDetail): Line[] {
  const { increment } = jail;
  return [
    [t`Bans for`, 'bantime', duration(jail.ban_seconds)],
    [t`Longer each time`, 'bantime.increment', <Increment key="i" increment={increment} />],
    [t`Actions`, 'action', <Many key="a" values={jail.actions} none={t`none: a ban has no effect`} />],
    [t`Never bans itself`, 'ignoreself', jail.ignore_self ? t`yes` : t`no`],
    [t`Never bans`, 'ignoreip', <Many key="n" values={jail.ignored} none={t`nobody listed`} />],
    ...(jail.ignore_command ? [[t`Asks before a ban`, 'ignorecommand', text(jail.ignore_command, '')] as Line] : []),
  ];
}

function Increment({ increment }: { increment: JailDetail['increment'] }) {
  if (increment === null) return <span className="text-muted">{t`no`}</span>;
  const parts = [
    increment.multipliers === null ? '' : t`times ${visible(increment.multipliers)}`,
    increment.factor === null ? '' : t`factor ${visible(increment.factor)}`,
    increment.max_seconds === null ? '' : t`at most ${duration(increment.max_seconds)}`,
    increment.over_all_jails ? t`counting bans in all jails` : '',
  ].filter(Boolean);
  return parts.length === 0 ? t`yes` : t`yes: ${parts.join(', ')}`;
}

function patterns(jail: JailDetail): Line[] {
  return [
    [t`Start of each line`, 'prefregex', text(jail.prefix_regex, t`not checked`)],
    [t`What counts as a failure`, 'failregex', <Many key="f" values={jail.fail_regexes} none={t`nothing: it bans nobody by itself`} />],
    [t`What never counts`, 'ignoreregex', <Many key="g" values={jail.ignore_regexes} none={t`nothing`} />],
  ];
}

function Lines({ title, lines }: { title: string; lines: Line[] }) {
  return (
    <Card title={title} flush>
      <dl className="divide-y divide-line">
        {lines.map(([name, option, value]) => (
          <div key={option} className="grid grid-cols-[190px_minmax(0,1fr)] gap-4 px-4 py-2 text-sm max-md:grid-cols-1 max-md:gap-0.5">
            <dt className="flex flex-col">
              {name}
              <code className="font-mono text-xs text-muted">{option}</code>
            </dt>
            <dd className="min-w-0 self-center">{value}</dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}

/** A jail's options in words, each with fail2ban's own name beside it. */
export function JailOptions({ jail }: { jail: JailDetail }) {
  return (
    <>
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <Lines title={t`What it watches`} lines={watching(jail)} />
        <Lines title={t`What it does`} lines={banning(jail)} />
      </div>
      <Lines title={t`Expressions`} lines={patterns(jail)} />
    </>
  );
}
