import { t } from '@lingui/core/macro';
import { useQueryClient } from '@tanstack/react-query';
import { Info, Pause, Play, RotateCw } from 'lucide-react';
import { useMay } from '@/api/access';
import { pauseJob, runJob } from '@/api/jobs';
import type { Job } from '@/api/types';
import { visible } from '@/lib/plain';
import type { MenuEntry } from '@/ui/menu';
import { tell, tellProblem } from '@/ui/toast';

/** What can be done with jobs, as far as one's role reaches. */
export function useJobActs() {
  const client = useQueryClient();
  const mayRun = useMay('run-job');
  const maySteer = useMay('steer-jobs');
  const renew = () => {
    for (const key of ['jobs', 'job']) void client.invalidateQueries({ queryKey: [key] });
  };
  const run = async ({ name }: Job): Promise<void> => {
    try {
      await runJob(name);
      tell({ title: t`${visible(name)} was asked for`, detail: t`The console that does the jobs begins within two seconds.` });
    } catch (error) {
      tellProblem(t`${visible(name)} was not asked for`, error);
    }
    renew();
  };
  const pause = async (job: Job, paused: boolean): Promise<void> => {
    const name = visible(job.name);
    try {
      await pauseJob(job.name, paused);
      tell({ title: paused ? t`${name} is paused` : t`${name} goes on`, undo: () => void pause(job, !paused) });
    } catch (error) {
      tellProblem(t`${name} was not changed`, error);
    }
    renew();
  };
  const entries = (job: Job): MenuEntry[] => {
    if (job.kind === 'system') return [];
    const list: MenuEntry[] = [];
    if (mayRun) {
      list.push({
        label: t`Run now`,
        icon: <RotateCw aria-hidden />,
        disabled: job.asked_at !== null || job.last?.outcome === 'running',
        onSelect: () => void run(job),
      });
    }
    if (maySteer) {
      list.push(
        job.paused
          ? { label: t`Let it run again`, icon: <Play aria-hidden />, onSelect: () => void pause(job, false) }
          : { label: t`Pause`, icon: <Pause aria-hidden />, onSelect: () => void pause(job, true) },
      );
    }
    return list;
  };
  return { entries, mayAct: mayRun || maySteer };
}

/** The way to a job's own page, for a menu; apart from what else stands in it. */
export function detailsEntry(apart: boolean, onSelect: () => void): MenuEntry {
  return { label: t`What it does and its runs`, icon: <Info aria-hidden />, apart, onSelect };
}
