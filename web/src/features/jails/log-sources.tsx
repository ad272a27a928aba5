import { t } from '@lingui/core/macro';
import { useQuery } from '@tanstack/react-query';
import { configJailQuery, configQuery, logsQuery } from '@/api/config';
import type { ConfigJail, ConfigLog } from '@/api/types';
import { useNow } from '@/lib/clock';
import { visible } from '@/lib/plain';
import { ago, fullTime, number } from '@/lib/time';
import { Badge, type Tone } from '@/ui/badge';
import { Card } from '@/ui/card';
import { Bars, Empty, Failure } from '@/ui/states';
import { settingOf, shownText } from './settings';

/** The log files of a jail, one a line, as they are configured. */
export function logLines(jail: ConfigJail): string[] {
  return shownText(settingOf(jail, 'logpath'), {})
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.startsWith('/'))
    .slice(0, 100);
}

/** Whether a jail reads the journal and no files. */
export function readsJournal(jail: ConfigJail): boolean {
  return (jail.backend ?? '').startsWith('systemd');
}

/** Where a jail looks for attacks, and whether that is there and can be read. */
export function LogSources({ name }: { name: string }) {
  const jail = useQuery(configJailQuery(name));
  if (jail.isError) return <Failure error={jail.error} retry={() => void jail.refetch()} />;
  if (jail.data === undefined) return <Bars lines={5} />;
  if (readsJournal(jail.data)) return <Journal jail={jail.data} />;
  const paths = logLines(jail.data);
  if (paths.length === 0) {
    return (
      <Card title={t`Log files`}>
        <Empty hint={jail.data.filter === null ? t`It has no filter either: it bans only by hand.` : t`Give it one in its settings.`}>
          {t`This jail reads no log file.`}
        </Empty>
      </Card>
    );
  }
  return (
    <Card title={t`Log files`} flush>
      <LogList paths={paths} />
    </Card>
  );
}

function Journal({ jail }: { jail: ConfigJail }) {
  const matches = shownText(settingOf(jail, 'journalmatch'), {}).split('\n').filter(Boolean);
  return (
    <Card title={t`The journal`}>
      <p className="text-sm">
        {matches.length === 0
          ? t`This jail reads all entries of the journal: nothing says which. That costs much time.`
          : t`This jail reads no files. It reads the entries of the journal that match:`}
      </p>
      <ul className="flex flex-col gap-1 pt-2">
        {matches.map((match) => (
          <li key={match} className="font-mono text-xs wrap-anywhere">
            {visible(match)}
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** What is at each path now. */
export function LogList({ paths }: { paths: string[] }) {
  const logs = useQuery(logsQuery(paths));
  const folders = useQuery(configQuery).data?.allowed.log_folders ?? [];
  if (logs.isError) return <Failure inset error={logs.error} retry={() => void logs.refetch()} />;
  if (logs.data === undefined) return <Bars lines={3} className="p-4" />;
  return (
    <ul className="divide-y divide-line">
      {logs.data.map((log) => (
        <Log key={log.path} log={log} folders={folders.join(', ')} />
      ))}
    </ul>
  );
}

function Log({ log, folders }: { log: ConfigLog; folders: string }) {
  return (
    <li className="flex flex-col gap-2 px-4 py-3 text-sm">
      <p className="flex flex-wrap items-center gap-2">
        <code className="font-mono text-sm wrap-anywhere">{visible(log.path)}</code>
        <Standing log={log} />
      </p>
      {!log.allowed && (
        <p className="text-xs text-muted">
          {t`It is not in a folder for logs (${folders}), so BanGUI does not look at it. Who is root there can allow its folder with log-folders in helper.conf.`}
        </p>
      )}
      {log.files.length > 0 && (
        <ul className="flex flex-col gap-1">
          {log.files.map((file) => (
            <File key={file.path} file={file} />
          ))}
        </ul>
      )}
      {log.more > 0 && <p className="text-xs text-muted">{t`and ${number(log.more)} more`}</p>}
    </li>
  );
}

function Standing({ log }: { log: ConfigLog }) {
  if (!log.allowed) return <Badge tone="warn">{t`not looked at`}</Badge>;
  if (log.files.length === 0) return <Badge tone="danger">{t`there is no such file: the jail can't start`}</Badge>;
  const bad = log.files.filter(({ problem }) => problem !== null).length;
  if (bad === log.files.length) return <Badge tone="danger">{t`can't be read`}</Badge>;
  return bad > 0 ? <Badge tone="warn">{t`some can't be read`}</Badge> : <Badge tone="ok">{t`can be read`}</Badge>;
}

function problemInWords(problem: string | null): { word: string; tone: Tone } {
  switch (problem) {
    case null:
      return { word: t`readable`, tone: 'ok' };
    case 'no_file':
      return { word: t`no regular file`, tone: 'danger' };
    case 'leads_out':
      return { word: t`a link out of the folders for logs`, tone: 'danger' };
    default:
      return { word: t`not readable`, tone: 'danger' };
  }
}

function File({ file }: { file: ConfigLog['files'][number] }) {
  const now = useNow();
  const { word, tone } = problemInWords(file.problem);
  return (
    <li className="flex flex-wrap items-baseline gap-x-3 gap-y-0.5 text-xs text-muted">
      <code className="font-mono text-text wrap-anywhere">{visible(file.path)}</code>
      <Badge tone={tone}>{word}</Badge>
      {file.size !== null && <span>{number(file.size, { style: 'unit', unit: 'byte', unitDisplay: 'long', notation: 'compact' })}</span>}
      {file.changed_at !== null && <span title={fullTime(file.changed_at)}>{t`written ${ago(file.changed_at, now)}`}</span>}
      {file.mode !== '' && (
        <code className="font-mono">
          {file.mode} {visible(file.owner)}:{visible(file.group)}
        </code>
      )}
    </li>
  );
}
