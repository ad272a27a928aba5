import { plural, t } from '@lingui/core/macro';
import { useState } from 'react';
import type { Evidence } from '@/api/types';
import { useNow } from '@/lib/clock';
import { clip, visible } from '@/lib/plain';
import { forHowLong, fullTime, number, shortTime } from '@/lib/time';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import { JailLink } from '@/ui/links';
import { Empty } from '@/ui/states';

const longest = 600;
const shownLines = 8;

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
  const [all, setAll] = useState(false);
  const { jail, banned_at, ban_seconds, ban_count, failures, user, lines } = evidence;
  const rest = lines.length - shownLines;
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
        <ol className="flex flex-col overflow-hidden rounded-md border border-line bg-canvas py-1">
          {(all ? lines : lines.slice(0, shownLines)).map((line, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: equal lines are common, and the list never changes
            <LogLine key={index} line={line} />
          ))}
        </ol>
      )}
      {rest > 0 && !all && (
        <Button size="small" className="self-start" onClick={() => setAll(true)}>
          {plural(rest, { one: 'Show # more line', other: 'Show # more lines' })}
        </Button>
      )}
    </li>
  );
}

function LogLine({ line }: { line: string }) {
  const [whole, setWhole] = useState(false);
  const { text, cut } = whole ? { text: line, cut: 0 } : clip(line, longest);
  return (
    <li className="px-3 py-0.5 font-mono text-xs leading-5 wrap-anywhere whitespace-pre-wrap">
      {visible(text)}
      {cut > 0 && (
        <Button size="small" look="quiet" onClick={() => setWhole(true)}>
          {t`… ${number(cut)} more characters`}
        </Button>
      )}
    </li>
  );
}
