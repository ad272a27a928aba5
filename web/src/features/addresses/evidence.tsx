import { plural, t } from '@lingui/core/macro';
import type { Evidence } from '@/api/types';
import { useNow } from '@/lib/clock';
import { clip, visible } from '@/lib/plain';
import { forHowLong, fullTime, number, shortTime } from '@/lib/time';
import { Card } from '@/ui/card';
import { JailLink } from '@/ui/links';
import { LogLines } from '@/ui/log-lines';
import { Empty } from '@/ui/states';

/** The log lines that led to each ban, as fail2ban kept them: plain text, nothing in it is a link. */
export function EvidenceCard({ evidence, error }: { evidence: Evidence[]; error: string | null }) {
  return (
    <Card title={t`Log lines that caused it`} flush>
      {error !== null && <p className="border-b border-line bg-warn-soft px-4 py-2 text-sm text-warn wrap-anywhere">{visible(error)}</p>}
      {evidence.length === 0 && error === null ? (
        <Empty
          hint={t`fail2ban keeps lines only for a while, and a ban by hand has none.`}
        >{t`fail2ban's database holds no log line about it.`}</Empty>
      ) : (
        <ul className="divide-y divide-line">
          {evidence.map((one) => (
            <Ban key={`${one.jail} ${one.banned_at}`} evidence={one} />
          ))}
        </ul>
      )}
    </Card>
  );
}

function Ban({ evidence }: { evidence: Evidence }) {
  const now = useNow();
  const { jail, banned_at, ban_seconds, ban_count, failures, user, lines } = evidence;
  return (
    <li className="flex flex-col gap-2 px-4 py-3">
      <p className="flex flex-wrap items-center gap-x-4 gap-y-1 text-sm">
        <JailLink jail={jail} />
        <time dateTime={banned_at} title={fullTime(banned_at)}>
          {shortTime(banned_at, now)}
        </time>
        {ban_seconds >= -1 && <span className="text-muted">{forHowLong(ban_seconds)}</span>}
        {failures !== null && <span className="text-muted">{plural(failures, { one: '# failure', other: '# failures' })}</span>}
        {ban_count !== null && ban_count > 1 && <span className="text-muted">{t`ban no. ${number(ban_count)}`}</span>}
        {user !== null && (
          <span className="text-muted">
            {t`as user`} <span className="font-mono text-text wrap-anywhere">{visible(clip(user, 80).text)}</span>
          </span>
        )}
      </p>
      {lines.length === 0 ? (
        <p className="text-sm text-muted">{t`No log line: it was banned by hand or by a script.`}</p>
      ) : (
        <LogLines lines={lines} />
      )}
    </li>
  );
}
