import { t } from '@lingui/core/macro';
import { useQuery } from '@tanstack/react-query';
import { leaseQuery } from '@/api/queries';
import { useScheduler } from '@/api/scheduler';
import type { LeaseEvent } from '@/api/types';
import { useNow } from '@/lib/clock';
import { visible } from '@/lib/plain';
import { fullTime, shortTime } from '@/lib/time';
import { Badge } from '@/ui/badge';
import { Card } from '@/ui/card';
import { Facts } from '@/ui/facts';
import { Bars, Empty, Failure } from '@/ui/states';
import { leaseFacts, measuredFacts } from './facts';
import { LeaseActs } from './lease-acts';
import { changeInWords, holderInWords, reasonInWords, schedulerInWords, schedulerSentence } from './words';

// The card shows seconds, so it asks more often than the bar on top.
const cardPaceMs = 5000;

/** Who does the background jobs, and how surely. */
export function LeaseCard() {
  const query = useQuery({ ...leaseQuery, refetchInterval: cardPaceMs });
  const scheduler = useScheduler('second');
  const now = useNow('second');
  const { lease, error } = scheduler;
  const { mark, word, tone } = schedulerInWords(scheduler, now);
  return (
    <Card title={t`Who does them`} aside={lease !== undefined && scheduler.state !== 'unknown' && <LeaseActs lease={lease} />}>
      {lease === undefined ? (
        error === null ? (
          <Bars lines={5} />
        ) : (
          <Failure error={error} retry={() => void query.refetch()} />
        )
      ) : (
        <div className="flex flex-col gap-4">
          <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <Badge tone={tone}>
              <span aria-hidden>{mark}</span> {word}
            </Badge>
            <span className="text-sm wrap-anywhere">{schedulerSentence(scheduler, now)}</span>
          </p>
          {error !== null && <Failure error={error} retry={() => void query.refetch()} />}
          <div className="grid items-start gap-x-8 gap-y-2 lg:grid-cols-2">
            <Facts facts={leaseFacts(scheduler, now)} />
            <Facts facts={measuredFacts(lease)} />
          </div>
        </div>
      )}
    </Card>
  );
}

/** The last changes of who does the jobs, newest first. */
export function ChangesCard() {
  const recent = useQuery(leaseQuery).data?.recent;
  const now = useNow();
  if (recent === undefined) return null;
  return (
    <Card title={t`Last changes`} flush>
      {recent.length === 0 ? (
        <Empty>{t`Nobody has had the background jobs yet.`}</Empty>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a list that scrolls must be reachable by keys
        <ul aria-label={t`Last changes`} tabIndex={0} className="max-h-80 divide-y divide-line overflow-y-auto">
          {recent.map((change) => (
            <Change key={`${change.epoch} ${change.kind} ${change.at}`} change={change} now={now} />
          ))}
        </ul>
      )}
    </Card>
  );
}

function Change({ change, now }: { change: LeaseEvent; now: number }) {
  const { mark, word, tone } = changeInWords(change.kind);
  const reason = reasonInWords(change.reason);
  return (
    <li className="grid grid-cols-[112px_120px_minmax(0,1fr)_minmax(0,1.4fr)] items-baseline gap-x-3 px-4 py-2 text-sm max-md:flex max-md:flex-wrap max-md:gap-y-0.5">
      <time dateTime={change.at} title={fullTime(change.at)} className="text-muted">
        {shortTime(change.at, now)}
      </time>
      <span>
        <Badge tone={tone}>
          <span aria-hidden>{mark}</span> {word}
        </Badge>
      </span>
      <span className="wrap-anywhere" title={t`term ${`${change.epoch}`}`}>
        {holderInWords(change)}
      </span>
      <span className="text-muted wrap-anywhere max-md:basis-full">
        {reason}
        {change.detail !== null && ` (${visible(change.detail)})`}
      </span>
    </li>
  );
}
