import { t } from '@lingui/core/macro';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { jobQuery } from '@/api/queries';
import type { Job, JobDetail, JobRun } from '@/api/types';
import { useNow } from '@/lib/clock';
import { visible } from '@/lib/plain';
import { problemOf } from '@/lib/problem';
import { duration, fullTime, shortTime } from '@/lib/time';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import { Facts } from '@/ui/facts';
import { PageTitle } from '@/ui/page';
import { Bars, Empty, Failure } from '@/ui/states';
import { useJobActs } from './acts';
import { didInWords, JobBadge, OutcomeMark } from './columns';
import { sentencesOf } from './sentences';
import { causeInWords, nextInWords, timetableInWords, tookInWords } from './words';

/** One background job: what it does, why that is safe, and how its runs went. */
export function JobPage({ name }: { name: string }) {
  const { data, isError, error, refetch } = useQuery(jobQuery(name));
  const missing = isError && problemOf(error).status === 404;
  return (
    <>
      <PageTitle
        name={visible(name)}
        title={<span className="wrap-anywhere">{visible(name)}</span>}
        count={data && <JobBadge job={data} />}
      >
        {data !== undefined && <Acts job={data} />}
      </PageTitle>
      <div className="flex max-w-[1200px] flex-col gap-4 px-6 pb-8 max-md:px-4">
        {missing ? (
          <Empty action={<Link to="/jobs" className="text-accent underline">{t`All jobs`}</Link>}>{t`There is no job of that name.`}</Empty>
        ) : (
          <>
            {isError && <Failure error={error} retry={() => void refetch()} />}
            {data !== undefined ? <Known job={data} /> : !isError && <Bars lines={9} />}
          </>
        )}
      </div>
    </>
  );
}

function Acts({ job }: { job: Job }) {
  const { entries } = useJobActs();
  return entries(job).map(({ label, icon, onSelect, disabled }) => (
    <Button key={label} onClick={onSelect} disabled={disabled}>
      {icon}
      {label}
    </Button>
  ));
}

function Known({ job }: { job: JobDetail }) {
  return (
    <>
      <Card title={t`What it is`}>
        <About job={job} />
      </Card>
      {job.kind === 'job' && (
        <Card title={t`Runs`} flush>
          <Runs runs={job.runs} quiet={job.quiet} />
        </Card>
      )}
    </>
  );
}

function About({ job }: { job: JobDetail }) {
  const now = useNow('second');
  const { does, repeat, lost, lang } = sentencesOf(job);
  const facts: [string, ReactNode][] = [
    [
      t`What it does`,
      <span key="does" lang={lang}>
        {does}
      </span>,
    ],
    [
      t`Safe to repeat`,
      <span key="repeat" lang={lang}>
        {repeat}
      </span>,
    ],
    [
      t`If cut off`,
      <span key="lost" lang={lang}>
        {lost}
      </span>,
    ],
    [t`When`, timetableInWords(job.timetable)],
    [t`Next run`, nextInWords(job, now)],
    [t`May take`, duration(job.timeout_seconds)],
  ];
  if (job.asked_at !== null) {
    facts.push([
      t`Asked for`,
      job.asked_by === null ? shortTime(job.asked_at, now) : t`${shortTime(job.asked_at, now)} by ${visible(job.asked_by)}`,
    ]);
  }
  if (job.kind === 'system') facts.push([t`System job`, t`Each console runs it by itself; it can't be asked for or paused.`]);
  if (job.quiet && job.kind === 'job')
    facts.push([t`Recorded`, t`It looks often: only runs that did something, were asked for or failed are kept.`]);
  return <Facts facts={facts} />;
}

const head = 'px-4 py-2 text-left text-xs font-medium text-muted';
const cell = 'px-4 py-1.5 align-top';

function Runs({ runs, quiet }: { runs: JobRun[]; quiet: boolean }) {
  const now = useNow();
  if (runs.length === 0) {
    return <Empty hint={quiet ? t`It looks often; what it finds to do will stand here.` : undefined}>{t`It has not run yet.`}</Empty>;
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a table that scrolls must be reachable by keys
    <section aria-label={t`Runs`} tabIndex={0} className="overflow-x-auto">
      <table className="w-full min-w-[680px] text-sm">
        <thead className="border-b border-line">
          <tr>
            <th className={head}>{t`Began`}</th>
            <th className={head}>{t`Outcome`}</th>
            <th className={`${head} text-right`}>{t`Took`}</th>
            <th className={head}>{t`Why`}</th>
            <th className={head}>{t`What came of it`}</th>
          </tr>
        </thead>
        <tbody className="divide-y divide-line">
          {runs.map((run) => (
            <tr key={run.id}>
              <td className={`${cell} whitespace-nowrap`}>
                <time dateTime={run.started_at} title={fullTime(run.started_at)}>
                  {shortTime(run.started_at, now)}
                </time>
              </td>
              <td className={cell}>
                <OutcomeMark outcome={run.outcome} />
              </td>
              <td className={`${cell} text-right whitespace-nowrap`}>
                {run.duration_seconds === null ? '–' : tookInWords(run.duration_seconds)}
              </td>
              <td className={`${cell} text-muted`}>{causeInWords(run)}</td>
              <td className={`${cell} wrap-anywhere`} lang="en">
                {didInWords(run)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
