import { plural, t } from '@lingui/core/macro';
import type { ReactNode } from 'react';
import { optionInWords } from '@/api/config-words';
import type { ConfigEdit, Jail } from '@/api/types';
import { duration, number } from '@/lib/time';
import { Card } from '@/ui/card';
import { Field, Input, Select } from '@/ui/field';
import { type Asked, read, readAll, spans, type Value, values } from './backtest-order';

interface FormProps {
  asked: Asked;
  onAsked: (next: Asked) => void;
  /** As it runs; undefined where it does not. */
  running: Jail | undefined;
  draft: readonly ConfigEdit[];
  onRun: () => void;
  /** The button that begins or stops it. */
  children: ReactNode;
}

/** How far back, what to compare with what is now, and which values against each other. */
export function BacktestForm({ asked, onAsked, running, draft, onRun, children }: FormProps) {
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onRun();
      }}
    >
      <Card title={t`Back-test on the jail's logs`}>
        <div className="flex flex-col gap-4">
          <div className="grid grid-cols-4 items-start gap-4 max-lg:grid-cols-2 max-sm:grid-cols-1">
            <Field label={t`How far back`}>
              <Select value={asked.span} onChange={(event) => onAsked({ ...asked, span: Number(event.target.value) })}>
                {spans.map((span) => (
                  <option key={span} value={span}>
                    {duration(span)}
                  </option>
                ))}
              </Select>
            </Field>
            {values.map((value) => (
              <One key={value} value={value} asked={asked} onAsked={onAsked} running={running} draft={draft} />
            ))}
          </div>
          {draft.length > 0 && (
            <p className="text-sm text-muted">
              {plural(draft.length, {
                one: 'Compared is also the # setting that you changed and did not apply:',
                other: 'Compared are also the # settings that you changed and did not apply:',
              })}{' '}
              {draft.map(({ option }) => optionInWords(option) ?? option).join(', ')}
            </p>
          )}
          <details>
            <summary className="w-fit cursor-pointer py-1 text-sm text-accent max-md:py-3">{t`Several values against each other`}</summary>
            <div className="grid grid-cols-3 items-start gap-4 pt-2 max-sm:grid-cols-1">
              {values.map((value) => (
                <Several key={value} value={value} asked={asked} onAsked={onAsked} />
              ))}
            </div>
          </details>
          <div className="flex flex-wrap items-center gap-3">{children}</div>
        </div>
      </Card>
    </form>
  );
}

interface ValueProps {
  value: Value;
  asked: Asked;
  onAsked: (next: Asked) => void;
}

function One({ value, asked, onAsked, running, draft }: ValueProps & Pick<FormProps, 'running' | 'draft'>) {
  const text = asked[value];
  const drafted = draft.find(({ option }) => option === value)?.value ?? undefined;
  return (
    <Field
      label={labelOf(value)}
      hint={text.trim() === '' ? (drafted === undefined ? nowInWords(value, running) : t`as you changed it: ${drafted}`) : undefined}
      error={text.trim() !== '' && read(value, text) === undefined && wrongInWords(value)}
    >
      <Input
        value={text}
        inputMode={value === 'maxretry' ? 'numeric' : 'text'}
        autoComplete="off"
        onChange={(event) => onAsked({ ...asked, [value]: event.target.value })}
      />
    </Field>
  );
}

function nowInWords(value: Value, running: Jail | undefined): string {
  if (running === undefined || running.state === 'stopped') return t`as it is now`;
  const said = {
    maxretry: number(running.max_retry),
    findtime: duration(running.find_seconds),
    bantime: duration(running.ban_seconds),
  }[value];
  return t`as it is now: ${said}`;
}

function Several({ value, asked, onAsked }: ValueProps) {
  const text = asked.sweep[value];
  return (
    <Field label={labelOf(value)} hint={t`with commas between`} error={readAll(value, text) === undefined && wrongInWords(value)}>
      <Input
        value={text}
        placeholder={value === 'maxretry' ? '2, 3, 5, 10' : '10m, 1h, 1d'}
        autoComplete="off"
        onChange={(event) => onAsked({ ...asked, sweep: { ...asked.sweep, [value]: event.target.value } })}
      />
    </Field>
  );
}

/** What a value is called. */
export function labelOf(value: Value): string {
  return optionInWords(value) ?? value;
}

function wrongInWords(value: Value): string {
  return value === 'maxretry' ? t`This is no whole number.` : t`This is no time such as 600, 10m, 2h or 1d 12h.`;
}
