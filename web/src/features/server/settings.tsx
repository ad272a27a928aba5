import { t } from '@lingui/core/macro';
import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { useMay } from '@/api/access';
import { review } from '@/api/config-review';
import { changeServer, logLevels, serverQuery, tryServer } from '@/api/server';
import type { Server, ServerOption } from '@/api/types';
import { refusedInWords } from '@/api/words';
import { visible } from '@/lib/plain';
import { secondsOf } from '@/lib/span';
import { duration } from '@/lib/time';
import { Badge } from '@/ui/badge';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import { Facts } from '@/ui/facts';
import { Field, Input, Select } from '@/ui/field';
import { Unsaved } from '@/ui/unsaved';
import { changeOf, type Draft, differs, type Editable, isOwn, mistake, optionOf, stockTargets } from './form';

const day = 86_400;

/** fail2ban's own options: what is live, what the files say, and a form for those that can be changed. */
export function SettingsCard({ server, again }: { server: Server; again: () => void }) {
  const may = useMay('configure');
  const client = useQueryClient();
  const [draft, setDraft] = useState<Draft>({});
  const change = changeOf(server, draft);
  const renew = () => client.invalidateQueries({ queryKey: serverQuery.queryKey });
  const ask = () => {
    if (change === undefined) return;
    review.set({
      title: t`Settings of fail2ban's server`,
      attempt: (signal) => tryServer(server.etag, change, signal),
      apply: (terms) => changeServer(server.etag, change, terms),
      onApplied: () => void renew().then(() => setDraft({})),
      onConflict: again,
    });
  };
  const parts = { server, draft, disabled: !may, set: (name: Editable, value: string | null) => setDraft({ ...draft, [name]: value }) };
  return (
    <Card title={t`Settings`}>
      <div className="flex flex-col gap-5">
        <Unsaved when={Object.keys(draft).length > 0} />
        {server.broken !== null && <p className="text-sm text-danger wrap-anywhere">{visible(server.broken)}</p>}
        {server.warnings.map((text) => (
          <p key={text} className="rounded-md bg-warn-soft px-3 py-2 text-sm text-warn wrap-anywhere">
            {visible(text)}
          </p>
        ))}
        <div className="grid gap-x-6 gap-y-5 lg:grid-cols-2">
          <LogLevel {...parts} />
          <LogTarget {...parts} />
          <PurgeAge {...parts} />
          <MaxMatches {...parts} />
        </div>
        <div className="flex flex-wrap items-center gap-3">
          <Button look="primary" disabled={!may || change === undefined} onClick={ask}>{t`Review the change…`}</Button>
          {Object.keys(draft).length > 0 && <Button onClick={() => setDraft({})}>{t`Undo what was typed`}</Button>}
          {!may && <span className="text-xs text-muted">{refusedInWords('configure')}</span>}
        </div>
        <Facts facts={others(server)} />
      </div>
    </Card>
  );
}

/** What can't be changed here. */
function others(server: Server): [string, ReactNode][] {
  const value = (name: string) => {
    const option = optionOf(server, name);
    const text = option?.live || option?.configured?.value;
    return text === undefined ? '–' : <span className="font-mono text-xs">{visible(text)}</span>;
  };
  return [
    [t`Database`, value('dbfile')],
    [t`Socket`, value('socket')],
    [t`IPv6`, value('allowipv6')],
  ];
}

interface PartProps {
  server: Server;
  draft: Draft;
  disabled: boolean;
  set: (name: Editable, value: string | null) => void;
}

/** What the field shows: what was typed, else what the files say, else what is live. */
function shown({ server, draft }: PartProps, name: Editable): string {
  const option = optionOf(server, name);
  return draft[name] ?? option?.configured?.value ?? option?.live ?? '';
}

/** A field with where its value comes from, under it. */
function Part({
  part,
  name,
  label,
  hint,
  error,
  children,
}: {
  part: PartProps;
  name: Editable;
  label: string;
  hint?: string;
  error?: ReactNode;
  children: ReactNode;
}) {
  const option = optionOf(part.server, name);
  return (
    <div className="flex min-w-0 flex-col gap-1.5">
      <Field label={label} hint={hint} error={error}>
        {children}
      </Field>
      {option !== undefined && <Standing option={option} back={part.draft[name] === null} />}
      {isOwn(option) && !part.disabled && part.draft[name] !== null && (
        <Button size="small" className="self-start" onClick={() => part.set(name, null)}>{t`Back to what it inherits`}</Button>
      )}
    </div>
  );
}

function Standing({ option, back }: { option: ServerOption; back: boolean }) {
  if (back) return <p className="text-xs text-warn">{t`Goes back to what it inherits; the review says what that is.`}</p>;
  const { live, configured } = option;
  const file = configured?.origin.file;
  return (
    <p className="flex flex-wrap items-center gap-x-2 gap-y-1 text-xs text-muted">
      {file === null || file === undefined ? (
        <span>{t`fail2ban's own default`}</span>
      ) : (
        <span className="wrap-anywhere">
          {t`Stands in`} <span className="font-mono">{`${visible(file)}:${configured?.origin.line ?? 0}`}</span>
        </span>
      )}
      {live === null && <span>{t`What is live, fail2ban does not say.`}</span>}
      {differs(option) && live !== null && (
        <Badge tone="warn" title={t`Somebody set it by hand; a restart makes it what the files say.`}>
          {t`live: ${visible(inWords(option.name, live))}`}
        </Badge>
      )}
    </p>
  );
}

function inWords(name: string, value: string): string {
  const seconds = name === 'dbpurgeage' ? secondsOf(value) : undefined;
  return seconds === undefined ? value : duration(seconds);
}

function LogLevel(part: PartProps) {
  const value = shown(part, 'loglevel').toUpperCase();
  const hides = ['CRITICAL', 'ERROR', 'WARNING'].includes(value);
  const known: readonly string[] = logLevels;
  return (
    <Part
      part={part}
      name="loglevel"
      label={t`Log level`}
      hint={
        hides
          ? t`The log does not tell of bans at this level: BanGUI sees them up to a second later.`
          : t`INFO is usual; NOTICE leaves out failures that were found.`
      }
    >
      <Select value={value} disabled={part.disabled} onChange={(event) => part.set('loglevel', event.target.value)}>
        {(known.includes(value) ? known : [value, ...known]).map((level) => (
          <option key={level}>{level}</option>
        ))}
      </Select>
    </Part>
  );
}

function LogTarget(part: PartProps) {
  const value = shown(part, 'logtarget');
  const choices = stockTargets.includes(value) ? stockTargets : [value, ...stockTargets];
  const socket = shown(part, 'syslogsocket');
  const sockets = [...new Set([socket || 'auto', 'auto', '/dev/log'])];
  return (
    <div className="flex flex-col gap-3">
      <Part
        part={part}
        name="logtarget"
        label={t`Log target`}
        hint={t`Other files only where root of this machine allows code in its configuration.`}
      >
        <Select value={value} disabled={part.disabled} onChange={(event) => part.set('logtarget', event.target.value)}>
          {choices.map((target) => (
            <option key={target} value={target}>
              {visible(target)}
            </option>
          ))}
        </Select>
      </Part>
      {value === 'SYSLOG' && (
        <Part part={part} name="syslogsocket" label={t`Socket of syslog`}>
          <Select value={socket || 'auto'} disabled={part.disabled} onChange={(event) => part.set('syslogsocket', event.target.value)}>
            {sockets.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </Select>
        </Part>
      )}
    </div>
  );
}

function PurgeAge(part: PartProps) {
  const value = shown(part, 'dbpurgeage');
  const seconds = secondsOf(value);
  const wrong = part.draft.dbpurgeage != null && mistake('dbpurgeage', value) !== undefined;
  const short = seconds !== undefined && seconds >= 0 && seconds < day;
  return (
    <Part
      part={part}
      name="dbpurgeage"
      label={t`Remembers bans for`}
      hint={
        short
          ? t`Below one day: longer bans are gone after a restart of fail2ban, and what BanGUI misses for longer is lost.`
          : t`A time such as 7d or 36h; a day or more.`
      }
      error={wrong && t`That is no time: write 7d, 36h or seconds.`}
    >
      <Input
        value={value}
        disabled={part.disabled}
        autoComplete="off"
        spellCheck={false}
        maxLength={100}
        onChange={(event) => part.set('dbpurgeage', event.target.value)}
      />
    </Part>
  );
}

function MaxMatches(part: PartProps) {
  const value = shown(part, 'dbmaxmatches');
  const wrong = part.draft.dbmaxmatches != null && mistake('dbmaxmatches', value) !== undefined;
  return (
    <Part
      part={part}
      name="dbmaxmatches"
      label={t`Log lines kept with each ban`}
      hint={value === '0' ? t`None: nobody can see why an address was banned.` : t`They say why an address was banned.`}
      error={wrong && t`That is no whole number from 0 to 1000.`}
    >
      <Input
        value={value}
        disabled={part.disabled}
        inputMode="numeric"
        autoComplete="off"
        maxLength={4}
        onChange={(event) => part.set('dbmaxmatches', event.target.value)}
      />
    </Part>
  );
}
