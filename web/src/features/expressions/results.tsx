import { plural, t } from '@lingui/core/macro';
import { useMemo, useState } from 'react';
import type { ExpressionLine, ExpressionResult } from '@/api/types';
import { visible } from '@/lib/plain';
import { number } from '@/lib/time';
import { Badge } from '@/ui/badge';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import { Chip } from '@/ui/chip';
import { Empty } from '@/ui/states';
import { Expressions } from './expressions';
import { Flags } from './flags';
import { marksOf, partsOf } from './marks';
import { markClass, stateInWords } from './words';

/** What expressions made of lines: what is wrong with them, how often each matched, and the lines. */
export function Results({ result }: { result: ExpressionResult }) {
  return (
    <div className="flex flex-col gap-4">
      {result.stopped !== null && (
        <p role="alert" className="rounded-md bg-warn-soft px-4 py-3 text-sm text-warn">
          {t`Not all lines were tried: some expression took too long, or none can be used.`}
        </p>
      )}
      <Flags result={result} />
      <Expressions result={result} />
      <Lines result={result} />
    </div>
  );
}

type Shown = 'all' | 'matched' | 'missed' | 'ignored';
const step = 100;

function Lines({ result }: { result: ExpressionResult }) {
  const { counts } = result;
  const lines = result.lines ?? [];
  const [shown, setShown] = useState<Shown>('all');
  const [most, setMost] = useState(step);
  const marks = useMemo(() => marksOf(result.lines ?? []), [result]);
  const list = lines.filter(({ state }) =>
    shown === 'all' ? state !== 'skipped' : shown === 'missed' ? isMissed(state) : state === shown,
  );
  const kinds: [Shown, string, number][] = [
    ['all', t`All`, counts.tested],
    ['matched', t`Matched`, counts.matched],
    ['missed', t`Missed`, counts.missed],
    ['ignored', t`Ignored`, counts.ignored],
  ];
  const rest = list.length - most;
  return (
    <Card
      title={t`Lines`}
      flush
      aside={
        // biome-ignore lint/a11y/useSemanticElements: a fieldset would draw a frame of its own
        <div className="flex flex-wrap gap-1.5 py-1" role="group" aria-label={t`Which lines`}>
          {kinds.map(([kind, label, count]) => (
            <Chip
              key={kind}
              pressed={shown === kind}
              onClick={() => {
                setShown(kind);
                setMost(step);
              }}
            >
              {label} {number(count)}
            </Chip>
          ))}
        </div>
      }
    >
      {list.length === 0 ? (
        <Empty>{t`No such line.`}</Empty>
      ) : (
        <ol className="divide-y divide-line">
          {list.slice(0, most).map((line) => (
            <Line key={line.number} line={line} parts={partsOf(line.text, marks.get(line.number) ?? [])} />
          ))}
        </ol>
      )}
      {rest > 0 && (
        <div className="border-t border-line p-3">
          <Button size="small" onClick={() => setMost(most + step)}>
            {plural(Math.min(rest, step), { one: 'Show # more line', other: 'Show # more lines' })}
          </Button>
        </div>
      )}
    </Card>
  );
}

const isMissed = (state: ExpressionLine['state']) => state === 'missed' || state === 'stopped' || state === 'untried';

function Line({ line, parts }: { line: ExpressionLine; parts: ReturnType<typeof partsOf> }) {
  const { word, tone } = stateInWords(line.state);
  return (
    <li className="flex gap-3 px-4 py-1.5 max-md:flex-col max-md:gap-1">
      <span className="flex w-36 shrink-0 items-start gap-2 max-md:w-auto">
        <span className="w-9 shrink-0 text-right text-xs leading-5 text-muted tabular-nums max-md:w-auto">{number(line.number)}</span>
        <Badge tone={tone}>{word}</Badge>
      </span>
      <div className="min-w-0 flex-1">
        <p className="font-mono text-xs leading-5 wrap-anywhere whitespace-pre-wrap">
          {parts.map(({ text, role, name }, index) =>
            role === 'plain' ? (
              visible(text)
            ) : (
              // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a line never change
              <mark key={index} className={markClass(role)} title={name === '' ? undefined : visible(name)}>
                {visible(text)}
              </mark>
            ),
          )}
          {line.cut && '…'}
        </p>
        {(line.hits ?? []).map(({ expression, id, user }) => (
          <p key={expression} className="text-xs leading-5 text-muted wrap-anywhere">
            {id === null ? t`Expression ${expression + 1}: the address comes with another line` : t`Expression ${expression + 1}:`}{' '}
            {id !== null && <span className="font-mono text-text">{visible(id)}</span>}
            {user !== null && (
              <>
                {', '}
                {t`user`} <span className="font-mono text-text">{visible(user)}</span>
              </>
            )}
          </p>
        ))}
      </div>
    </li>
  );
}
