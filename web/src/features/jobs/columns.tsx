import { t } from '@lingui/core/macro';
import { Link } from '@tanstack/react-router';
import type { Job, JobRun } from '@/api/types';
import { useNow } from '@/lib/clock';
import { visible } from '@/lib/plain';
import { ago, fullTime } from '@/lib/time';
import { Badge } from '@/ui/badge';
import { classes } from '@/ui/classes';
import type { Column } from '@/ui/grid/row';
import { nextInWords, outcomeInWords, timetableInWords, tookInWords } from './words';

const tones = { ok: 'text-ok', warn: 'text-warn', danger: 'text-danger', neutral: 'text-muted', accent: 'text-accent-text' };

function Name({ job, tabIndex }: { job: Job; tabIndex: 0 | -1 }) {
  return (
    <span className="flex min-w-0 items-center gap-2">
      <Link
        to="/jobs/$job"
        params={{ job: job.name }}
        tabIndex={tabIndex}
        title={visible(job.does)}
        className="truncate font-medium hover:text-accent hover:underline"
      >
        {visible(job.name)}
      </Link>
      <JobBadge job={job} />
    </span>
  );
}

/** What is special about a job. */
export function JobBadge({ job: { kind, paused } }: { job: Job }) {
  if (kind === 'system') return <Badge title={t`Each console runs it by itself.`}>{t`system`}</Badge>;
  return paused ? <Badge tone="warn">{t`paused`}</Badge> : null;
}

function Next({ job }: { job: Job }) {
  const now = useNow('second');
  return (
    <span title={job.next === null ? undefined : fullTime(job.next)} className={job.next === null ? 'text-muted' : undefined}>
      {nextInWords(job, now)}
    </span>
  );
}

/** How a run ended: picture, word, colour. */
export function OutcomeMark({ outcome }: { outcome: JobRun['outcome'] }) {
  const { mark, word, tone } = outcomeInWords(outcome);
  return (
    <span className={classes('inline-flex items-center gap-1.5 whitespace-nowrap', tones[tone])}>
      <span aria-hidden>{mark}</span>
      {word}
    </span>
  );
}

function Last({ run }: { run: JobRun | null }) {
  const now = useNow('second');
  if (run === null) return <span className="text-muted">{t`not yet`}</span>;
  return (
    <span className="flex items-center gap-2">
      <OutcomeMark outcome={run.outcome} />
      <time dateTime={run.started_at} title={fullTime(run.started_at)} className="whitespace-nowrap text-muted">
        {ago(run.started_at, now)}
      </time>
    </span>
  );
}

/** What a run did, or why it failed; written by the server, in English. */
export function didInWords({ did, error }: JobRun): string {
  return visible(error ?? did ?? '');
}

/** The columns of the list of jobs. */
export function jobColumns(): Column<Job>[] {
  return [
    { id: 'name', header: t`Job`, width: 'minmax(264px, 1.1fr)', cell: (job, tabIndex) => <Name job={job} tabIndex={tabIndex} /> },
    { id: 'when', header: t`When`, width: 'minmax(148px, 0.7fr)', cell: ({ timetable }) => timetableInWords(timetable) },
    { id: 'next', header: t`Next run`, width: 'minmax(104px, 0.6fr)', cell: (job) => <Next job={job} /> },
    { id: 'last', header: t`Last run`, width: 'minmax(176px, 0.9fr)', cell: ({ last }) => <Last run={last} /> },
    {
      id: 'took',
      header: t`Took`,
      width: '72px',
      align: 'end',
      cell: ({ last }) => (last?.duration_seconds == null ? '–' : tookInWords(last.duration_seconds)),
    },
    {
      id: 'did',
      header: t`What came of it`,
      width: 'minmax(120px, 1.4fr)',
      cell: ({ last }) => (
        <span lang="en" className="text-muted" title={last === null ? undefined : didInWords(last)}>
          {last === null ? '' : didInWords(last)}
        </span>
      ),
    },
  ];
}

/** On phones a job is a card of two lines. */
export function jobCard(): Column<Job>[] {
  return [
    {
      id: 'card',
      header: t`Job`,
      width: 'minmax(0, 1fr)',
      cell: (job, tabIndex) => (
        <div className="flex flex-col gap-0.5">
          <div className="text-base">
            <Name job={job} tabIndex={tabIndex} />
          </div>
          <div className="flex justify-between gap-2 text-xs">
            <Last run={job.last} />
            <span className="truncate text-muted">
              <Next job={job} />
            </span>
          </div>
        </div>
      ),
    },
  ];
}
