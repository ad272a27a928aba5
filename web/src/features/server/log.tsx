import { t } from '@lingui/core/macro';
import { useQuery } from '@tanstack/react-query';
import { Pause, Play } from 'lucide-react';
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { jailsQuery } from '@/api/queries';
import { type LogFilter, logLevels } from '@/api/server';
import { useNow } from '@/lib/clock';
import { clip, visible } from '@/lib/plain';
import { fullTime, number, shortTime } from '@/lib/time';
import { Button } from '@/ui/button';
import { classes } from '@/ui/classes';
import { Choice, Typed } from '@/ui/filter-fields';
import { Bars, Empty, Failure } from '@/ui/states';
import { type Line, maxKept, mayGrow, type Tail, useTail } from './tail';

interface LogViewProps {
  filter: LogFilter;
  onFilter: (filter: LogFilter) => void;
}

/** fail2ban's own log: the newest at the bottom, followed unless it is paused. */
export function LogView({ filter, onFilter }: LogViewProps) {
  const [following, setFollowing] = useState(true);
  const { tail, error, again, older } = useTail(filter, following);
  return (
    <div className="flex min-h-0 flex-col gap-3 px-6 pb-8 max-md:px-4">
      <div className="flex flex-wrap items-center gap-2">
        <Filters filter={filter} onFilter={onFilter} />
        <Button className="ml-auto max-md:ml-0" aria-pressed={following} onClick={() => setFollowing(!following)}>
          {following ? <Pause aria-hidden /> : <Play aria-hidden />}
          {following ? t`Pause` : t`Follow`}
        </Button>
      </div>
      {error !== undefined && <Failure error={error} retry={again} />}
      {tail === undefined && error === undefined && <Bars lines={12} />}
      {tail !== undefined && (
        <>
          <Lines tail={tail} older={older} narrowed={filter.level !== '' || filter.text !== '' || filter.jail !== ''} />
          <p className="text-xs text-muted wrap-anywhere">
            {following ? t`Followed` : t`Paused`} · <span className="font-mono">{visible(tail.at)}</span> ·{' '}
            {t`${number(tail.lines.length)} messages in sight, at most ${number(maxKept)}`}
          </p>
        </>
      )}
    </div>
  );
}

function Filters({ filter, onFilter }: LogViewProps) {
  const jails = useQuery(jailsQuery).data ?? [];
  const names = [...new Set([...jails.map(({ name }) => name), filter.jail].filter(Boolean))];
  return (
    <search className="flex flex-wrap items-center gap-2 max-md:w-full">
      <Typed
        label={t`Text in a message`}
        value={filter.text}
        onValue={(text) => onFilter({ ...filter, text })}
        className="w-56 max-md:w-full"
      />
      <Choice
        label={t`Level`}
        value={filter.level}
        onValue={(level) => onFilter({ ...filter, level: logLevels.find((one) => one === level) ?? '' })}
        choices={[
          ['', t`Every level`],
          ...logLevels.map((level) => [level, level === 'CRITICAL' ? level : t`${level} and worse`] as const),
        ]}
      />
      <Choice
        label={t`Jail`}
        value={filter.jail}
        onValue={(jail) => onFilter({ ...filter, jail })}
        choices={[['', t`Every jail`], ...names.map((name) => [name, visible(name)] as const)]}
      />
    </search>
  );
}

/** How near the end counts as at the end, in pixels. */
const nearEnd = 40;

function Lines({ tail, older, narrowed }: { tail: Tail; older: () => Promise<void>; narrowed: boolean }) {
  const box = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const [busy, setBusy] = useState(false);
  const now = useNow();
  // biome-ignore lint/correctness/useExhaustiveDependencies: new lines move the end
  useLayoutEffect(() => {
    if (atEnd.current && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [tail.lines]);
  useEffect(() => {
    const moved = () => {
      const { current } = box;
      if (current !== null) atEnd.current = current.scrollHeight - current.scrollTop - current.clientHeight < nearEnd;
    };
    const { current } = box;
    current?.addEventListener('scroll', moved, { passive: true });
    return () => current?.removeEventListener('scroll', moved);
  }, []);
  const grow = async () => {
    setBusy(true);
    atEnd.current = false;
    await older();
    setBusy(false);
  };
  return (
    <div
      ref={box}
      role="log"
      aria-live="off"
      aria-label={t`fail2ban's log`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys
      tabIndex={0}
      className="h-[calc(100dvh-19rem)] min-h-72 overflow-y-auto rounded-md border border-line bg-surface py-1"
    >
      {mayGrow(tail) && (
        <div className="flex justify-center py-1">
          <Button size="small" disabled={busy} onClick={() => void grow()}>{t`Show older ones`}</Button>
        </div>
      )}
      <Start tail={tail} />
      {tail.dropped && (
        <p className="px-3 py-1 text-center text-xs text-muted">{t`Older messages were let go; narrow the log down to see them.`}</p>
      )}
      {tail.missed && (
        <p className="px-3 py-1 text-center text-xs text-warn">{t`The log was rotated or cut meanwhile: messages may be missing.`}</p>
      )}
      {tail.lines.length === 0 && (
        <Empty hint={tail.older === null ? undefined : t`Only a part was looked through; show older ones.`}>
          {narrowed ? t`No message matches.` : t`The log is empty.`}
        </Empty>
      )}
      {tail.lines.map((line) => (
        <Message key={line.key} line={line} now={now} />
      ))}
    </div>
  );
}

/** With what the log begins, once all that is older is in sight. */
function Start({ tail: { older, dropped, endsIn, early } }: { tail: Tail }) {
  if (older !== null || dropped || endsIn === null) return null;
  return (
    <p className="px-3 py-1 text-center text-xs text-muted wrap-anywhere">
      {early ? t`What is older is not read here. In sight from:` : t`The log begins here:`}{' '}
      <span className="font-mono">{visible(endsIn)}</span>
    </p>
  );
}

const longest = 600;

function tone(level: string | null): string {
  switch (level) {
    case 'CRITICAL':
    case 'ERROR':
      return 'text-danger';
    case 'WARNING':
      return 'text-warn';
    case 'NOTICE':
      return 'text-accent';
    default:
      return 'text-muted';
  }
}

/** One message, written by attackers: plain text, nothing in it is a link. */
function Message({ line, now }: { line: Line; now: number }) {
  const [whole, setWhole] = useState(false);
  const { text, cut } = whole ? { text: line.text, cut: 0 } : clip(line.text, longest);
  const bad = line.level === 'ERROR' || line.level === 'CRITICAL';
  return (
    <div className={classes('flex gap-x-3 px-3 py-0.5 font-mono text-xs leading-5 max-md:flex-wrap', bad && 'bg-danger-soft')}>
      <span className="w-24 shrink-0 text-muted" title={line.at === null ? undefined : fullTime(line.at)}>
        {line.at === null ? '–' : shortTime(line.at, now)}
      </span>
      <span className={classes('w-16 shrink-0 font-medium', tone(line.level))}>{line.level ?? '–'}</span>
      <span className="w-20 shrink-0 truncate text-muted max-md:w-auto">{visible(line.part ?? '')}</span>
      <span className="min-w-0 flex-1 wrap-anywhere whitespace-pre-wrap max-md:basis-full">
        {text
          .split('\n')
          .map((one) => visible(one))
          .join('\n')}
        {cut > 0 && (
          <Button size="small" look="quiet" onClick={() => setWhole(true)}>
            {t`… ${number(cut)} more characters`}
          </Button>
        )}
        {whole && line.cut > 0 && <span className="text-muted"> {t`(${number(line.cut)} bytes are left out)`}</span>}
      </span>
    </div>
  );
}
