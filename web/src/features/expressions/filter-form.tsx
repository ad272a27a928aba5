import { t } from '@lingui/core/macro';
import type { Logs } from '@/api/types';
import { Card } from '@/ui/card';
import { Check, Field, Input, TextArea } from '@/ui/field';
import type { Draft } from './view';

interface FilterFormProps {
  draft: Draft;
  onChange: (part: Partial<Draft>) => void;
  logs: Logs | undefined;
}

/** What is tried: a filter of the host, or expressions that are in no file yet. */
export function FilterForm({ draft, onChange, logs }: FilterFormProps) {
  const named = (logs?.jails ?? []).flatMap(({ filter }) => (filter?.includes('[') ? [filter] : []));
  return (
    <Card title={t`Filter`}>
      <div className="flex flex-col gap-4">
        <Field label={t`Filter of this host`} hint={t`A name, with options in brackets if you like: sshd[mode=aggressive]`}>
          <Input
            value={draft.filter}
            list="filters"
            maxLength={1000}
            spellCheck={false}
            autoComplete="off"
            autoCapitalize="off"
            placeholder="sshd"
            className="font-mono"
            onChange={(event) => onChange({ filter: event.target.value })}
          />
        </Field>
        <datalist id="filters">
          {[...new Set([...(logs?.filters ?? []), ...named])].map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
        <Check checked={draft.own} onChange={(event) => onChange({ own: event.target.checked })}>
          {draft.filter === '' ? t`Expressions of my own` : t`Expressions of my own in place of the filter's`}
        </Check>
        {draft.own && <OwnExpressions draft={draft} onChange={onChange} />}
        <Check checked={draft.hostNames} onChange={(event) => onChange({ hostNames: event.target.checked })}>
          {t`<HOST> also takes names of hosts; they are not looked up`}
        </Check>
      </div>
    </Card>
  );
}

function OwnExpressions({ draft, onChange }: Pick<FilterFormProps, 'draft' | 'onChange'>) {
  const area = (name: 'failregex' | 'ignoreregex', rows: number, label: string, hint: string) => (
    <Field label={label} hint={hint}>
      <TextArea
        rows={rows}
        value={draft[name]}
        maxLength={65_000}
        spellCheck={false}
        autoComplete="off"
        wrap="off"
        className="font-mono text-xs leading-5"
        onChange={(event) => onChange({ [name]: event.target.value })}
      />
    </Field>
  );
  const line = (name: 'prefregex' | 'datepattern' | 'maxlines', label: string) => (
    <Field label={label}>
      <Input
        value={draft[name]}
        maxLength={name === 'maxlines' ? 5 : 16_000}
        inputMode={name === 'maxlines' ? 'numeric' : 'text'}
        spellCheck={false}
        autoComplete="off"
        className="font-mono text-xs"
        onChange={(event) => onChange({ [name]: event.target.value })}
      />
    </Field>
  );
  return (
    <>
      {area(
        'failregex',
        5,
        t`Failures (failregex)`,
        t`One expression a line. <HOST> stands for the address, <F-USER>…</F-USER> around the user.`,
      )}
      {area('ignoreregex', 2, t`Not failures (ignoreregex)`, t`Lines that one of these matches don't count.`)}
      <details open={draft.prefregex !== '' || draft.datepattern !== '' || draft.maxlines !== '' || undefined}>
        <summary className="cursor-pointer text-sm text-muted max-md:py-2.5">{t`Prefix, dates, several lines`}</summary>
        <div className="mt-3 flex flex-col gap-4">
          {line('prefregex', t`Prefix that lines must match first (prefregex)`)}
          {line('datepattern', t`How dates are written (datepattern)`)}
          {line('maxlines', t`Lines that an expression may span (maxlines)`)}
        </div>
      </details>
    </>
  );
}
