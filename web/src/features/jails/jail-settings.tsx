import { plural, t } from '@lingui/core/macro';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { configJailQuery, configQuery } from '@/api/config';
import { askForEdits } from '@/api/config-review';
import { optionInWords } from '@/api/config-words';
import type { Config, ConfigJail } from '@/api/types';
import { useHotkeys } from '@/lib/hotkeys';
import { visible } from '@/lib/plain';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import { Check } from '@/ui/field';
import { Typed } from '@/ui/filter-fields';
import { Bars, Empty, Failure } from '@/ui/states';
import { SettingRow } from './setting-row';
import { type Draft, editsOf, groupsOf, type Setting, shownText, wrongIn } from './settings';

interface JailSettingsProps {
  name: string;
  draft: Draft;
  onDraft: (next: Draft) => void;
}

/** Every option of a jail: what counts, where it comes from, and what one makes of it. */
export function JailSettings({ name, draft, onDraft }: JailSettingsProps) {
  const jail = useQuery(configJailQuery(name));
  const config = useQuery(configQuery);
  const error = jail.error ?? config.error;
  if (error !== null) return <Failure error={error} retry={() => void Promise.all([jail.refetch(), config.refetch()])} />;
  if (jail.data === undefined || config.data === undefined) return <Bars lines={12} />;
  return <Form jail={jail.data} allowed={config.data.allowed} draft={draft} onDraft={onDraft} />;
}

interface FormProps {
  jail: ConfigJail;
  allowed: Config['allowed'];
  draft: Draft;
  onDraft: (next: Draft) => void;
}

function Form({ jail, allowed, draft, onDraft }: FormProps) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [search, setSearch] = useState('');
  const [changedOnly, setChangedOnly] = useState(false);
  const touched = Object.keys(draft).length;
  const wrong = Object.entries(draft).some(([option, text]) => text !== null && wrongIn(option, text) !== undefined);
  const look = () => {
    if (touched === 0 || wrong) return;
    const renew = () => {
      for (const queryKey of [configJailQuery(jail.name).queryKey, configQuery.queryKey]) void client.invalidateQueries({ queryKey });
    };
    askForEdits(jail.etag, editsOf(jail.name, draft), {
      title: t`Settings of ${visible(jail.name)}`,
      onApplied: () => onDraft({}),
      onConflict: renew,
      onBacktest: () => void navigate({ to: '/jails/$jail', params: { jail: jail.name }, search: { tab: 'backtest' } }),
    });
  };
  useHotkeys({ 'mod+s': look });
  const shows = (setting: Setting) =>
    (!changedOnly || setting.own !== undefined || Object.hasOwn(draft, setting.option)) && matches(setting, search, draft);
  const groups = groupsOf(jail).map((group) => ({ ...group, settings: group.settings.filter(shows) }));
  const none = groups.every(({ settings }) => settings.length === 0);
  return (
    <div className="flex flex-col gap-4">
      <Limits jail={jail} allowed={allowed} />
      <search className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <Typed label={t`Find a setting`} value={search} onValue={setSearch} className="w-64 max-md:w-full" />
        <Check checked={changedOnly} onChange={(event) => setChangedOnly(event.target.checked)}>{t`Changed here only`}</Check>
      </search>
      {none && <Empty>{changedOnly && search === '' ? t`BanGUI changes nothing of this jail.` : t`No setting is named so.`}</Empty>}
      {groups.map(
        ({ id, title, settings }) =>
          settings.length > 0 && (
            <Card key={id} title={title} flush>
              <Rows folded={id === 'rest' && search === '' && !changedOnly} count={settings.length}>
                {settings.map((setting) => (
                  <SettingRow key={setting.option} setting={setting} draft={draft} onDraft={onDraft} locked={lockOf(setting, allowed)} />
                ))}
              </Rows>
            </Card>
          ),
      )}
      {touched > 0 && <SaveBar count={touched} wrong={wrong} onDrop={() => onDraft({})} onLook={look} />}
    </div>
  );
}

function Rows({ folded, count, children }: { folded: boolean; count: number; children: React.ReactNode }) {
  const rows = <div className="divide-y divide-line">{children}</div>;
  if (!folded) return rows;
  return (
    <details>
      <summary className="px-4 py-2 text-sm text-accent max-md:py-3">{plural(count, { one: '# more', other: '# more' })}</summary>
      {rows}
    </details>
  );
}

function matches(setting: Setting, search: string, draft: Draft): boolean {
  const wanted = search.trim().toLowerCase();
  if (wanted === '') return true;
  return [setting.option, optionInWords(setting.option) ?? '', shownText(setting, draft)].some((text) =>
    text.toLowerCase().includes(wanted),
  );
}

/** Why a setting can't be changed; '' where the reason stands above, undefined where it can. */
function lockOf({ option, code }: Setting, allowed: Config['allowed']): string | undefined {
  if (allowed.degree === 'no') return '';
  if (!code || allowed.degree === 'code') return undefined;
  return option === 'action'
    ? t`Actions are commands that fail2ban runs as root, so this machine keeps them to root: ${allowed.switch}.`
    : t`It is, or becomes part of, a command that fail2ban runs as root. Who is root there can allow it: ${allowed.switch}.`;
}

function Limits({ jail, allowed }: { jail: ConfigJail; allowed: Config['allowed'] }) {
  return (
    <>
      {jail.fault !== null && (
        <p className="rounded-md border border-line bg-danger-soft p-3 text-sm text-danger wrap-anywhere">
          {jail.fatal
            ? t`fail2ban would take nothing of its whole configuration with this jail active: ${visible(jail.fault)}`
            : t`fail2ban could not run this jail: ${visible(jail.fault)}`}
        </p>
      )}
      {allowed.degree === 'no' && (
        <p className="rounded-md border border-line bg-hover p-3 text-sm wrap-anywhere">
          {t`This machine does not let BanGUI change fail2ban's configuration. Who is root there can allow it: ${allowed.switch}.`}
        </p>
      )}
    </>
  );
}

function SaveBar({ count, wrong, onDrop, onLook }: { count: number; wrong: boolean; onDrop: () => void; onLook: () => void }) {
  return (
    <section
      aria-label={t`Changes not applied`}
      className="sticky bottom-4 z-10 flex flex-wrap items-center gap-3 rounded-lg border border-line-strong bg-surface px-4 py-3 shadow-float max-md:bottom-20"
    >
      <p className="flex-1 text-sm font-medium" role="status">
        {plural(count, { one: '# setting changed, not applied', other: '# settings changed, not applied' })}
        {wrong && <span className="block text-xs text-danger">{t`One of them can't be so.`}</span>}
      </p>
      <Button onClick={onDrop}>{t`Drop them`}</Button>
      <Button look="primary" disabled={wrong} onClick={onLook}>{t`Review…`}</Button>
    </section>
  );
}
