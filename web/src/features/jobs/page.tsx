import { t } from '@lingui/core/macro';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { jobsQuery } from '@/api/queries';
import type { Job } from '@/api/types';
import { usePhone } from '@/lib/media';
import { visible } from '@/lib/plain';
import { number } from '@/lib/time';
import { Card } from '@/ui/card';
import { DataGrid } from '@/ui/grid/grid';
import { SharedMenu } from '@/ui/menu';
import { PageTitle } from '@/ui/page';
import { Bars, Empty, Failure } from '@/ui/states';
import { detailsEntry, useJobActs } from './acts';
import { jobCard, jobColumns } from './columns';
import { ChangesCard, LeaseCard } from './lease-card';

const nameOf = (job: Job) => job.name;
const spokenName = (job: Job) => visible(job.name);

/** The background jobs: who does them, what they are, how their last runs went. */
export function JobsPage() {
  const jobs = useQuery(jobsQuery);
  const count = jobs.data?.length;
  return (
    <>
      <PageTitle title={t`Background jobs`} count={count === undefined ? undefined : number(count)} />
      <div className="flex max-w-[1600px] flex-col gap-4 px-6 pb-8 max-md:px-4">
        <LeaseCard />
        <Card title={t`Jobs`} flush>
          {jobs.data !== undefined && jobs.isError && <Failure inset error={jobs.error} retry={() => void jobs.refetch()} />}
          {jobs.data !== undefined ? (
            <JobList jobs={jobs.data} />
          ) : jobs.isError ? (
            <Failure inset error={jobs.error} retry={() => void jobs.refetch()} />
          ) : (
            <Bars lines={6} className="p-5" />
          )}
        </Card>
        <ChangesCard />
      </div>
    </>
  );
}

function JobList({ jobs }: { jobs: Job[] }) {
  const phone = usePhone();
  const navigate = useNavigate();
  const columns = useMemo(() => (phone ? jobCard() : jobColumns()), [phone]);
  const { entries, mayAct } = useJobActs();
  const [menu, setMenu] = useState<{ name: string; anchor: HTMLElement }>();
  const open = jobs.find(({ name }) => name === menu?.name);
  const toPage = ({ name }: Job) => void navigate({ to: '/jobs/$job', params: { job: name } });
  if (jobs.length === 0) return <Empty>{t`This console knows no jobs.`}</Empty>;
  return (
    <>
      <DataGrid
        label={t`Background jobs`}
        className="max-h-[calc(100dvh-220px)]"
        columns={columns}
        rows={jobs}
        keyOf={nameOf}
        nameOf={spokenName}
        rowHeight={phone ? 56 : 34}
        headless={phone}
        onOpen={toPage}
        onMenu={mayAct ? (job, anchor) => setMenu({ name: job.name, anchor }) : undefined}
      />
      <SharedMenu
        anchor={open === undefined ? null : (menu?.anchor ?? null)}
        entries={open === undefined ? [] : [...entries(open), detailsEntry(open.kind !== 'system', () => toPage(open))]}
        onClose={() => setMenu(undefined)}
      />
    </>
  );
}
