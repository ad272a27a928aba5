import { t } from '@lingui/core/macro';
import { Pause, Play } from 'lucide-react';
import { useState } from 'react';
import type { HostEvent } from '@/api/events';
import { type FeedLine, feed } from '@/api/feed';
import { live } from '@/api/source';
import { useStore } from '@/lib/store';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import { Chip } from '@/ui/chip';
import { Bars, Empty } from '@/ui/states';
import { FeedRow } from './feed-row';
import { FeedSummary } from './feed-summary';

type Kind = 'bans' | 'failures' | 'other';

const kindOf = (kind: HostEvent['kind']): Kind => (kind === 'ban' || kind === 'unban' ? 'bans' : kind === 'found' ? 'failures' : 'other');
const shown = 60;
const scrolls = 'max-h-[308px] overflow-y-auto max-xl:max-h-[440px]';

/** What happens, as it happens, newest on top; it holds still when asked to. */
export function LiveFeed() {
  const lines = useStore(feed);
  const state = useStore(live.state);
  const [held, setHeld] = useState<readonly FeedLine[]>();
  const [hidden, setHidden] = useState<ReadonlySet<Kind>>(new Set());
  const rows = (held ?? lines).filter((line) => !hidden.has(kindOf(line.kind))).slice(0, shown);
  const missed = held === undefined ? 0 : lines.findIndex((line) => line.key === held[0]?.key);
  const flip = (kind: Kind) => setHidden((old) => new Set(old.has(kind) ? [...old].filter((k) => k !== kind) : [...old, kind]));
  return (
    <Card
      title={t`Live`}
      flush
      aside={
        <div className="flex flex-wrap items-center gap-1.5">
          <Chip pressed={!hidden.has('bans')} onClick={() => flip('bans')}>{t`Bans`}</Chip>
          <Chip pressed={!hidden.has('failures')} onClick={() => flip('failures')}>{t`Failures`}</Chip>
          <Chip pressed={!hidden.has('other')} onClick={() => flip('other')}>{t`Other`}</Chip>
          <Button size="small" look="quiet" onClick={() => setHeld(held === undefined ? lines : undefined)}>
            {held === undefined ? <Pause aria-hidden /> : <Play aria-hidden />}
            {held === undefined ? t`Pause` : missed > 0 ? t`Go on (${missed} new)` : t`Go on`}
          </Button>
        </div>
      }
    >
      <FeedSummary />
      {rows.length > 0 ? (
        <div className="@container">
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a list that scrolls must be reachable by keys */}
          <div role="log" aria-live="off" aria-label={t`What happens`} tabIndex={0} className={scrolls}>
            {rows.map((line) => (
              <FeedRow key={line.key} line={line} />
            ))}
          </div>
        </div>
      ) : state === 'connecting' ? (
        <Bars lines={6} className="p-4" />
      ) : (
        <Empty hint={t`Failures, bans and unbans appear here within a second.`}>{t`Nothing has happened yet.`}</Empty>
      )}
    </Card>
  );
}
