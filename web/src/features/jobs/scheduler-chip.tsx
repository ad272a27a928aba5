import { t } from '@lingui/core/macro';
import { Link } from '@tanstack/react-router';
import { CalendarClock } from 'lucide-react';
import { useScheduler } from '@/api/scheduler';
import { useNow } from '@/lib/clock';
import { classes } from '@/ui/classes';
import { Facts } from '@/ui/facts';
import { Popover } from '@/ui/popover';
import { leaseFacts } from './facts';
import { holderInWords, schedulerInWords, schedulerSentence } from './words';

const loud = { ok: '', accent: '', neutral: '', warn: 'bg-warn-soft text-warn', danger: 'bg-danger-soft text-danger' };

/** Who does the background jobs: quiet while somebody does, in words when nobody can be said to. */
export function SchedulerChip() {
  const scheduler = useScheduler();
  const now = useNow();
  const { mark, word, tone } = schedulerInWords(scheduler, now);
  const quiet = tone !== 'warn' && tone !== 'danger';
  const holder = scheduler.state === 'standby' ? scheduler.lease?.holder : undefined;
  return (
    <Popover
      title={t`Background jobs`}
      trigger={
        <button
          type="button"
          aria-label={holder == null ? t`Background jobs: ${word}` : t`Background jobs: ${word}, done by ${holderInWords(holder)}`}
          className={classes(
            'flex h-8 shrink-0 items-center gap-1.5 rounded-md px-2 text-xs font-medium whitespace-nowrap max-md:h-11 [&>svg]:size-4',
            quiet ? 'text-muted hover:bg-hover' : loud[tone],
          )}
        >
          <CalendarClock aria-hidden />
          <span aria-hidden>{mark}</span>
          <span className={quiet ? 'max-xl:sr-only' : 'max-md:sr-only'}>{word}</span>
        </button>
      }
    >
      <More />
    </Popover>
  );
}

function More() {
  const now = useNow('second');
  const scheduler = useScheduler('second');
  return (
    <>
      <p className="text-sm">{schedulerSentence(scheduler, now)}</p>
      {scheduler.lease !== undefined && <Facts facts={leaseFacts(scheduler, now)} />}
      <Link to="/jobs" className="text-sm text-accent underline">
        {t`To the jobs`}
      </Link>
    </>
  );
}
