import { plural, t } from '@lingui/core/macro';
import type { ReactNode } from 'react';
import type { BacktestPoint, BacktestResult, BacktestSide } from '@/api/types';
import { visible } from '@/lib/plain';
import { duration, fullTime, number } from '@/lib/time';
import { Card } from '@/ui/card';
import { Addresses } from './backtest-addresses';
import { labelOf } from './backtest-form';
import { noteInWords } from './backtest-words';

/** Whom a jail would have banned: in figures, with other values, and one by one. */
export function Result({ result }: { result: BacktestResult }) {
  return (
    <>
      {result.notes.length > 0 && (
        <ul className="flex flex-col gap-1 rounded-md bg-warn-soft px-4 py-3 text-sm text-warn wrap-anywhere">
          {result.notes.map((note) => (
            <li key={note.code}>{noteInWords(note)}</li>
          ))}
        </ul>
      )}
      <Figures result={result} />
      {result.sweep.length > 0 && <Sweep points={result.sweep} own={result.after ?? result.now} />}
      <Addresses result={result} />
    </>
  );
}

const head = 'px-4 py-2 text-xs font-medium text-muted';
const cell = 'px-4 py-1.5 align-top';
const figure = `${cell} text-right tabular-nums whitespace-nowrap`;

type Row = [name: string, of: (side: BacktestSide) => ReactNode];

function Figures({ result }: { result: BacktestResult }) {
  const { now, after } = result;
  const rows: Row[] = [
    [labelOf('maxretry'), (side) => number(side.max_retry)],
    [labelOf('findtime'), (side) => duration(side.find_seconds)],
    [labelOf('bantime'), (side) => (side.increment ? t`${duration(side.ban_seconds)}, growing` : duration(side.ban_seconds))],
    [t`Failures that count`, (side) => number(side.failures)],
    [t`Failures that are ignored`, (side) => number(side.ignored)],
    [t`Addresses banned`, (side) => <strong className="font-semibold">{number(side.addresses)}</strong>],
    [t`Bans`, (side) => number(side.bans)],
    [t`Banned at the same time, at most`, (side) => number(side.at_once)],
    [t`Failures that a firewall would have stopped`, (side) => number(side.stopped)],
    [t`Addresses that must not be banned`, (side) => <Warned count={side.protected} />],
    [t`Addresses that signed in well too`, (side) => <Warned count={side.signed_in} />],
  ];
  return (
    <Card title={t`What would have been`} flush>
      <table className="w-full text-sm">
        <thead className="border-b border-line">
          <tr>
            <td className={head} />
            <th scope="col" className={`${head} text-right`}>{t`Now`}</th>
            {after !== null && <th scope="col" className={`${head} text-right`}>{t`With the change`}</th>}
          </tr>
        </thead>
        <tbody className="divide-y divide-line">
          {rows.map(([name, of]) => (
            <tr key={name}>
              <th scope="row" className={`${cell} text-left font-normal text-muted`}>
                {name}
              </th>
              <td className={figure}>{of(now)}</td>
              {after !== null && <td className={figure}>{of(after)}</td>}
            </tr>
          ))}
        </tbody>
      </table>
      <p className="border-t border-line px-4 py-2 text-xs text-muted wrap-anywhere">{readInWords(result)}</p>
    </Card>
  );
}

function readInWords({ lines, logs, from, to, version }: BacktestResult): string {
  const read = plural(lines, { one: '# line', other: '# lines' });
  const names = visible(logs.join(', '));
  if (from === null || to === null) return t`${read} of ${names}; none has a date. fail2ban ${visible(version)}`;
  return t`${read} of ${names}, ${fullTime(from)} to ${fullTime(to)}. fail2ban ${visible(version)}`;
}

function Warned({ count }: { count: number }) {
  return <span className={count > 0 ? 'font-semibold text-warn' : undefined}>{number(count)}</span>;
}

function Sweep({ points, own }: { points: BacktestPoint[]; own: BacktestSide }) {
  const isOwn = (point: BacktestPoint) =>
    point.max_retry === own.max_retry && point.find_seconds === own.find_seconds && point.ban_seconds === own.ban_seconds;
  return (
    <Card title={t`Several values against each other`} flush>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a table that scrolls must be reachable by keys */}
      <section aria-label={t`Values`} tabIndex={0} className="overflow-x-auto">
        <table className="w-full min-w-[640px] text-sm">
          <thead className="border-b border-line">
            <tr>
              {[labelOf('maxretry'), labelOf('findtime'), labelOf('bantime'), t`Addresses`, t`Bans`, t`Protected`, t`Signed in`].map(
                (name) => (
                  <th key={name} scope="col" className={`${head} text-right`}>
                    {name}
                  </th>
                ),
              )}
            </tr>
          </thead>
          <tbody className="divide-y divide-line">
            {points.map((point) => (
              <tr
                key={`${point.max_retry} ${point.find_seconds} ${point.ban_seconds}`}
                className={isOwn(point) ? 'bg-accent-soft' : undefined}
                aria-current={isOwn(point) ? 'true' : undefined}
              >
                <td className={figure}>{number(point.max_retry)}</td>
                <td className={figure}>{duration(point.find_seconds)}</td>
                <td className={figure}>{duration(point.ban_seconds)}</td>
                <td className={figure}>{number(point.addresses)}</td>
                <td className={figure}>{number(point.bans)}</td>
                <td className={figure}>
                  <Warned count={point.protected} />
                </td>
                <td className={figure}>
                  <Warned count={point.signed_in} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </Card>
  );
}
