import { t } from '@lingui/core/macro';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { logLinesQuery } from '@/api/expressions';
import type { Logs } from '@/api/types';
import { visible } from '@/lib/plain';
import { number } from '@/lib/time';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import { Chip } from '@/ui/chip';
import { Field, Input, Select, TextArea } from '@/ui/field';
import { LogLines } from '@/ui/log-lines';
import { Bars, Failure } from '@/ui/states';
import { When } from '@/ui/when';
import type { Draft } from './view';

interface SourceFormProps {
  draft: Draft;
  onChange: (part: Partial<Draft>) => void;
  logs: Logs | undefined;
  error: unknown;
}

/** Where the lines come from. */
export function SourceForm({ draft, onChange, logs, error }: SourceFormProps) {
  const kinds = [
    ['text', t`Pasted lines`],
    ['log', t`A log`],
    ['journal', t`The journal`],
  ] as const;
  return (
    <Card title={t`Lines`}>
      <div className="flex flex-col gap-4">
        {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would draw a frame of its own */}
        <div className="flex flex-wrap gap-1.5" role="group" aria-label={t`Where the lines come from`}>
          {kinds.map(([kind, label]) => (
            <Chip key={kind} pressed={draft.kind === kind} onClick={() => onChange({ kind })}>
              {label}
            </Chip>
          ))}
        </div>
        {draft.kind === 'text' ? (
          <Field label={t`Log lines`} hint={t`At most 2,000 lines. They are written by attackers: nothing in them counts but as text.`}>
            <TextArea
              rows={10}
              value={draft.text}
              onChange={(event) => onChange({ text: event.target.value })}
              spellCheck={false}
              autoComplete="off"
              wrap="off"
              maxLength={500_000}
              className="font-mono text-xs leading-5"
            />
          </Field>
        ) : (
          <HostLines draft={draft} onChange={onChange} logs={logs} error={error} />
        )}
      </div>
    </Card>
  );
}

function HostLines({ draft, onChange, logs, error }: SourceFormProps) {
  return (
    <>
      {Boolean(error) && <Failure error={error} title={t`The logs are not known.`} />}
      {logs?.no_jail && <p className="text-sm text-warn">{visible(logs.no_jail)}</p>}
      {draft.kind === 'log' ? (
        <LogField draft={draft} onChange={onChange} logs={logs} />
      ) : (
        <JournalField draft={draft} onChange={onChange} logs={logs} />
      )}
      <div className="grid grid-cols-2 gap-4">
        <Field label={t`How many of the last lines`}>
          <Select value={draft.lines} onChange={(event) => onChange({ lines: Number(event.target.value) })}>
            {[50, 200, 500, 1000, 2000].map((n) => (
              <option key={n} value={n}>
                {number(n)}
              </option>
            ))}
          </Select>
        </Field>
        <Field label={t`Only lines that hold`}>
          <Input
            value={draft.contains}
            maxLength={200}
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => onChange({ contains: event.target.value })}
          />
        </Field>
      </div>
      <Preview draft={draft} />
    </>
  );
}

type PartProps = Omit<SourceFormProps, 'error'>;

function LogField({ draft, onChange, logs }: PartProps) {
  const files = logs?.files ?? [];
  const chosen = files.find(({ path }) => path === draft.path);
  const readable = files.filter(({ why }) => why === null);
  const others = files.filter(({ why }) => why !== null);
  return (
    <>
      <Field
        label={t`Log`}
        hint={
          chosen?.modified_at ? (
            <>
              {t`${number(Math.ceil(chosen.size / 1024))} KiB, last written`} <When at={chosen.modified_at} as="clock" />
            </>
          ) : (
            t`Logs may be in ${(logs?.folders ?? ['/var/log']).join(', ')}.`
          )
        }
      >
        <Input
          value={draft.path}
          list="logs"
          maxLength={4096}
          spellCheck={false}
          autoComplete="off"
          placeholder="/var/log/auth.log"
          className="font-mono"
          onChange={(event) => {
            const path = event.target.value;
            const jail = files.find((file) => file.path === path)?.jails?.[0];
            const filter = logs?.jails?.find(({ name }) => name === jail)?.filter;
            onChange({ path, ...(draft.filter === '' && filter ? { filter } : {}) });
          }}
        />
      </Field>
      <datalist id="logs">
        {readable.map(({ path, jails }) => (
          <option key={path} value={path}>
            {(jails ?? []).join(', ')}
          </option>
        ))}
      </datalist>
      {others.length > 0 && (
        <details className="text-sm">
          <summary className="cursor-pointer text-muted max-md:py-2.5">{t`Logs of jails that can't be read (${number(others.length)})`}</summary>
          <ul className="mt-1 flex flex-col gap-1">
            {others.slice(0, 50).map(({ path, why }) => (
              <li key={path} className="wrap-anywhere">
                <code className="font-mono text-xs">{visible(path)}</code>: {visible(why ?? '')}
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

function JournalField({ draft, onChange, logs }: PartProps) {
  return (
    <>
      {logs !== undefined && !logs.journal && <p className="text-sm text-warn">{t`This host has no journal that BanGUI could read.`}</p>}
      <Field label={t`Entries`} hint={t`FIELD=value, with + between alternatives. Empty: those that the filter names.`}>
        <Input
          value={draft.match}
          list="journals"
          maxLength={4000}
          spellCheck={false}
          autoComplete="off"
          placeholder="_SYSTEMD_UNIT=ssh.service"
          className="font-mono"
          onChange={(event) => onChange({ match: event.target.value })}
        />
      </Field>
      <datalist id="journals">
        {(logs?.journals ?? []).map(({ match, jails }) => (
          <option key={match} value={match}>
            {(jails ?? []).join(', ')}
          </option>
        ))}
        {(logs?.units ?? []).map((unit) => (
          <option key={unit} value={`_SYSTEMD_UNIT=${unit}`} />
        ))}
      </datalist>
    </>
  );
}

const previewed = 50;

/** The last lines, without trying anything. */
function Preview({ draft: { kind, path, match, contains } }: { draft: Draft }) {
  const source = kind === 'journal' ? { kind, match, contains } : { kind: 'log' as const, path, contains };
  const key = JSON.stringify(source);
  const [asked, setAsked] = useState('');
  const query = useQuery({ ...logLinesQuery({ ...source, lines: previewed }), enabled: asked === key });
  const lines = query.data?.lines ?? [];
  if (asked !== key) {
    return (
      <Button size="small" className="self-start" disabled={kind === 'log' && path === ''} onClick={() => setAsked(key)}>
        {t`Show the last lines`}
      </Button>
    );
  }
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (query.data === undefined) return <Bars lines={3} />;
  if (lines.length === 0) return <p className="text-sm text-muted">{t`No lines.`}</p>;
  return <LogLines lines={lines.map(({ text, cut }) => (cut ? `${text}…` : text)).reverse()} />;
}
