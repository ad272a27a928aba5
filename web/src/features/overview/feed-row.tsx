import { plural, t } from '@lingui/core/macro';
import { memo, useState } from 'react';
import { endsByItself } from '@/api/ends';
import type { HostEvent } from '@/api/events';
import type { FeedLine } from '@/api/feed';
import { endInWords, hostStateInWords, jailStateInWords } from '@/api/words';
import { serverNow, useNow } from '@/lib/clock';
import { visible } from '@/lib/plain';
import { forHowLong, fullTime, number, shortTime } from '@/lib/time';
import { Badge, type Tone } from '@/ui/badge';
import { classes } from '@/ui/classes';
import { AddressLink, JailLink } from '@/ui/links';

function kindInWords(kind: HostEvent['kind']): { word: string; tone: Tone } {
  switch (kind) {
    case 'ban':
      return { word: t`Banned`, tone: 'accent' };
    case 'unban':
      return { word: t`Unbanned`, tone: 'ok' };
    case 'found':
      return { word: t`Failure`, tone: 'neutral' };
    case 'jail':
      return { word: t`Jail`, tone: 'neutral' };
    case 'host':
      return { word: t`Host`, tone: 'warn' };
    default:
      return { word: t`Notice`, tone: 'warn' };
  }
}

function banInWords(event: HostEvent, now: number): string {
  const { ban_seconds, expires_at, failures, ban_count, restored, origin, actor, reason } = event;
  return [
    expires_at === null ? (ban_seconds === null ? '' : forHowLong(ban_seconds)) : untilInWords(event, expires_at, now),
    failures === null || failures === 0 ? '' : plural(failures, { one: '# failure', other: '# failures' }),
    ban_count !== null && ban_count > 1 ? t`ban no. ${number(ban_count)}` : '',
    restored ? t`put back after a restart` : '',
    origin === 'manual' ? (actor === null ? t`by hand` : t`by ${visible(actor)}`) : '',
    reason === null ? '' : `“${visible(reason)}”`,
  ]
    .filter(Boolean)
    .join(' · ');
}

/** When the ban ends, and whether somebody gave it that end. */
function untilInWords(event: HostEvent, expiresAt: string, now: number): string {
  const at = shortTime(expiresAt, now);
  return endsByItself(event) ? t`until ${at} (own end)` : t`until ${at}`;
}

/** What an event says beyond its kind, address and jail. */
export function eventInWords(event: HostEvent, now: number): string {
  switch (event.kind) {
    case 'ban':
      return banInWords(event, now);
    case 'unban':
      return [endInWords(event.end_reason), event.actor === null ? '' : t`by ${visible(event.actor)}`].filter(Boolean).join(' ');
    case 'found':
      return event.count > 1 ? plural(event.count, { one: '# time', other: '# times' }) : '';
    case 'jail':
      return [stateWord(event), event.detail === null ? '' : visible(event.detail)].filter(Boolean).join(': ');
    default:
      return [stateWord(event), event.detail === null ? '' : visible(event.detail)].filter(Boolean).join(': ');
  }
}

function stateWord({ kind, state }: HostEvent): string {
  if (state === null) return '';
  if (kind === 'jail' && ['running', 'idle', 'stopped'].includes(state)) return jailStateInWords(state as 'running').word;
  if (kind === 'host' && ['starting', 'online', 'degraded', 'unreachable'].includes(state)) {
    return hostStateInWords(state as 'online').word;
  }
  return visible(state);
}

// What happened longer ago is told for the first time to this tab, and is no news for that.
const newsMs = 5000;

function Row({ line }: { line: FeedLine }) {
  const now = useNow();
  const [isNews] = useState(() => serverNow() - Date.parse(line.at) < newsMs);
  const { word, tone } = kindInWords(line.kind);
  return (
    <div
      className={classes(
        'grid min-h-(--row) grid-cols-[60px_72px_164px_minmax(0,112px)_minmax(0,1fr)] items-center gap-x-3 border-b border-line px-4 text-sm last:border-b-0 @max-2xl:grid-cols-[auto_minmax(0,1fr)_auto] @max-2xl:gap-y-0.5 @max-2xl:py-2',
        isNews && 'arrive',
      )}
    >
      <time dateTime={line.at} title={fullTime(line.at)} className="text-muted @max-2xl:order-last @max-2xl:text-xs">
        {shortTime(line.at, now)}
      </time>
      <span>
        <Badge tone={tone}>{word}</Badge>
      </span>
      <span className="truncate">{line.address !== null && <AddressLink address={line.address} max={20} />}</span>
      <span className="truncate @max-2xl:hidden">{line.jail !== null && <JailLink jail={line.jail} />}</span>
      <span className="truncate text-muted @max-2xl:order-last @max-2xl:col-span-full" title={eventInWords(line, now)}>
        {line.jail !== null && <span className="@2xl:hidden">{visible(line.jail)} </span>}
        {eventInWords(line, now)}
      </span>
    </div>
  );
}

/** One line of the live feed. */
export const FeedRow = memo(Row);
