import { t } from '@lingui/core/macro';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useDeferredValue, useState } from 'react';
import { choicesQuery, configQuery } from '@/api/config';
import { askForEdits } from '@/api/config-review';
import type { ConfigEdit } from '@/api/types';
import { visible } from '@/lib/plain';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { Field, Input, Select, TextArea } from '@/ui/field';
import { Pick } from '@/ui/pick';
import { LogList } from './log-sources';

interface NewJail {
  name: string;
  filter: string;
  source: 'files' | 'journal';
  paths: string;
  port: string;
}

/** The edits that make a new jail, in a file of its own. */
export function creating({ name, filter, source, paths, port }: NewJail): ConfigEdit[] {
  const set = (option: string, value: string): ConfigEdit => ({ place: 'jail', name, option, value });
  return [
    set('enabled', 'true'),
    set('filter', filter),
    ...(source === 'journal' ? [set('backend', 'systemd')] : [set('backend', 'auto'), set('logpath', paths.trim())]),
    ...(port.trim() === '' ? [] : [set('port', port.trim())]),
  ];
}

/** Why a name can't be a new jail's; undefined where it can. The server has more to say. */
export function wrongName(name: string, taken: readonly string[]): string | undefined {
  if (name === '') return undefined;
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,24}$/.test(name)) return t`Letters, digits, dots, dashes and underscores; at most 25.`;
  return taken.includes(name) ? t`There is a jail of that name already. Activate that one.` : undefined;
}

/** Makes a jail of a filter and a log. */
export function CreateJail({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const config = useQuery(configQuery);
  const filters = useQuery(choicesQuery).data?.filters ?? [];
  const [jail, setJail] = useState<NewJail>({ name: '', filter: '', source: 'files', paths: '', port: '' });
  // What was filled in is there again when the look at it is broken off.
  const [looking, setLooking] = useState(false);
  const wrong = wrongName(jail.name, config.data?.jails.map(({ name }) => name) ?? []);
  const looked = useDeferredValue(jail.paths)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /^\/[^\s]+( tail)?$/.test(line));
  const ready = jail.name !== '' && wrong === undefined && jail.filter !== '' && (jail.source === 'journal' || jail.paths.trim() !== '');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!ready || config.data === undefined) return;
    setLooking(true);
    askForEdits(config.data.etag, creating(jail), {
      title: t`Create the jail ${visible(jail.name)}`,
      onApplied: () => {
        onClose();
        void navigate({ to: '/jails/$jail', params: { jail: jail.name } });
      },
      onCancel: () => setLooking(false),
      onConflict: () => void config.refetch().then(() => setLooking(false)),
    });
  };
  return (
    <Dialog
      open={!looking}
      firm
      onClose={onClose}
      title={t`Create a jail`}
      description={t`One new file of BanGUI's; no other is touched. What is not said here is as for all jails, and can be changed later.`}
      footer={
        <>
          <Button onClick={onClose}>{t`Cancel`}</Button>
          <Button look="primary" type="submit" form="create-jail" disabled={!ready}>{t`Review…`}</Button>
        </>
      }
    >
      <form id="create-jail" className="flex flex-col gap-4" onSubmit={submit}>
        <Field label={t`Name`} error={wrong} hint={t`Chains of the firewall are named after it.`}>
          <Input
            value={jail.name}
            autoComplete="off"
            spellCheck={false}
            maxLength={40}
            onChange={(e) => setJail({ ...jail, name: e.target.value.trim() })}
          />
        </Field>
        <Field label={t`Filter`} hint={t`What counts as a failure, of those on this machine.`}>
          <Select value={jail.filter} onChange={(e) => setJail({ ...jail, filter: e.target.value })}>
            <option value="">{t`Choose one`}</option>
            {filters.map(({ name }) => (
              <option key={name} value={name}>
                {visible(name)}
              </option>
            ))}
          </Select>
        </Field>
        <Pick
          legend={t`What it reads`}
          name="source"
          value={jail.source}
          onPick={(source) => setJail({ ...jail, source })}
          choices={[
            { value: 'files', label: t`Log files` },
            { value: 'journal', label: t`The journal`, note: t`Which entries, the filter says.` },
          ]}
        />
        {jail.source === 'files' && (
          <Field
            label={t`Paths of the logs`}
            hint={t`One a line; a * stands for a part of a name. They are in ${config.data?.allowed.log_folders.join(', ') ?? '/var/log'}.`}
          >
            <TextArea
              rows={2}
              value={jail.paths}
              spellCheck={false}
              className="font-mono"
              onChange={(e) => setJail({ ...jail, paths: e.target.value })}
            />
          </Field>
        )}
        {jail.source === 'files' && looked.length > 0 && (
          <div className="rounded-md border border-line">
            <LogList paths={looked} />
          </div>
        )}
        <Field label={t`Ports that a ban closes`} hint={t`Names or numbers, such as http,https or 8080. Empty: as for all jails.`}>
          <Input value={jail.port} autoComplete="off" spellCheck={false} onChange={(e) => setJail({ ...jail, port: e.target.value })} />
        </Field>
      </form>
    </Dialog>
  );
}
