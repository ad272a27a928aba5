import { t } from '@lingui/core/macro';
import type { ReactNode } from 'react';
import type { Scheduler } from '@/api/scheduler';
import type { Lease } from '@/api/types';
import { visible } from '@/lib/plain';
import { ago, duration, fullTime, number } from '@/lib/time';
import { holderInWords, tookInWords } from './words';

type Fact = [name: string, value: ReactNode];

/** What a glance wants to know: who, which term, how sure. */
export function leaseFacts({ lease, state, ageSeconds }: Scheduler, now: number): Fact[] {
  if (lease === undefined) return [];
  const { holder, epoch, beat_age_seconds: beat, trust_left_seconds: trust } = lease;
  const facts: Fact[] = [
    [t`Holder`, holder === null ? t`nobody` : holder.me ? t`this console (${holderInWords(holder)})` : holderInWords(holder)],
  ];
  if (holder !== null) {
    facts.push([
      t`Since`,
      <time key="since" dateTime={holder.since} title={fullTime(holder.since)}>
        {ago(holder.since, now)}
      </time>,
    ]);
  }
  facts.push([t`Term`, <code key="term" className="font-mono">{`${epoch}`}</code>]);
  if (beat !== null) facts.push([t`Last beat`, t`${duration(beat + ageSeconds)} ago`]);
  if (state === 'leader') facts.push([t`Trust left`, t`${duration(Math.max(0, trust - ageSeconds))} without another beat`]);
  return facts;
}

/** What only somebody who looks for a fault wants to know. */
export function measuredFacts(lease: Lease): Fact[] {
  const { holder, ttl_seconds, heartbeat_seconds, round_trip_seconds: trip, clock_skew_seconds: skew, refused_writes } = lease;
  const facts: Fact[] = [
    [t`Beats`, t`every ${duration(heartbeat_seconds)}; others may take over after ${duration(ttl_seconds)} of silence`],
    [t`Database answers`, t`in ${tookInWords(trip.typical)} as a rule, ${tookInWords(trip.slowest)} at worst`],
    [t`Clocks`, skew === null ? t`not known` : skewInWords(skew)],
    [
      t`Refused writes`,
      refused_writes === 0
        ? t`none since this console's start`
        : t`${number(refused_writes)} of terms that were over, since this console's start`,
    ],
  ];
  if (holder !== null) facts.unshift([t`Version`, <span key="version">{visible(holder.version)}</span>]);
  return facts;
}

function skewInWords(skew: number): string {
  if (Math.abs(skew) < 0.5) return t`this console's and the database's agree`;
  const by = tookInWords(Math.abs(skew));
  return skew > 0 ? t`this console's is ${by} ahead of the database's` : t`this console's is ${by} behind the database's`;
}
