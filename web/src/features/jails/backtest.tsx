import { plural, t } from '@lingui/core/macro';
import { useMutation, useQuery } from '@tanstack/react-query';
import { History } from 'lucide-react';
import { useState } from 'react';
import { backtestQuery, startBacktest, stopBacktest } from '@/api/backtests';
import { jailQuery } from '@/api/queries';
import type { Backtest, ConfigEdit } from '@/api/types';
import { problemOf } from '@/lib/problem';
import { number } from '@/lib/time';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import { Empty, Failure } from '@/ui/states';
import { tellProblem } from '@/ui/toast';
import { BacktestForm } from './backtest-form';
import { type Asked, isWrong, nothingAsked, orderOf } from './backtest-order';
import { Result } from './backtest-result';

interface BacktestProps {
  jail: string;
  /** What was changed among the jail's settings and is not applied. */
  draft: readonly ConfigEdit[];
  /** Of the configuration that the draft was made from. */
  etag: string | undefined;
  /** The back-test that is shown; '' = none. */
  id: string;
  onId: (id: string) => void;
}

/** Whom a jail would have banned by the logs that it reads: with what is now, and changed. */
export function BacktestPanel({ jail, draft, etag, id, onId }: BacktestProps) {
  const [asked, setAsked] = useState<Asked>(nothingAsked);
  const start = useMutation({ mutationFn: startBacktest, onSuccess: (begun) => onId(begun.id) });
  const seen = useQuery({ ...backtestQuery(id), enabled: id !== '' });
  const running = useQuery({ ...jailQuery(jail), retry: false }).data;
  const runs = start.isPending || (id !== '' && !seen.isError && (seen.data?.state ?? 'running') === 'running');
  const run = () => {
    if (runs || isWrong(asked)) return;
    onId('');
    start.mutate(orderOf(jail, asked, draft, etag));
  };
  const stop = () => {
    stopBacktest(id).catch((error: unknown) => tellProblem(t`It was not stopped`, error));
    onId('');
  };
  return (
    <>
      <BacktestForm asked={asked} onAsked={setAsked} running={running} draft={draft} onRun={run}>
        {runs ? (
          <Button onClick={stop} disabled={id === ''}>{t`Stop`}</Button>
        ) : (
          <Button look="primary" type="submit" disabled={isWrong(asked)}>
            <History aria-hidden />
            {t`Back-test`}
          </Button>
        )}
      </BacktestForm>
      <section aria-label={t`Result`} aria-live="polite" aria-busy={runs} className="flex min-w-0 flex-col gap-4">
        {start.isError && <Failure error={start.error} retry={run} />}
        {!start.isError && seen.isError && id !== '' && <Failure error={seen.error} title={lostInWords(seen.error)} />}
        {runs && <Progress seen={id === '' ? undefined : seen.data} />}
        {!runs && !start.isError && !seen.isError && id !== '' && seen.data !== undefined && <Done seen={seen.data} />}
        {!runs && !start.isError && id === '' && <Idle />}
      </section>
    </>
  );
}

function lostInWords(error: unknown): string | undefined {
  return problemOf(error).code === 'not_found' ? t`This result is not kept any more.` : undefined;
}

function Idle() {
  return (
    <div className="rounded-lg border border-dashed border-line">
      <Empty hint={t`The jail's logs are read with fail2ban's own engine, locked in: nothing is banned, changed or looked up.`}>
        {t`Who would have been banned, and when?`}
      </Empty>
    </div>
  );
}

function Progress({ seen }: { seen: Backtest | undefined }) {
  const share = seen?.share ?? 0;
  const lines = seen?.lines ?? 0;
  const failures = seen?.failures ?? 0;
  return (
    <Card title={t`Reading the logs`}>
      <progress className="h-2 w-full accent-accent" value={share} max={1} aria-label={t`How much is read`} />
      <p className="pt-2 text-sm text-muted tabular-nums">
        {number(share, { style: 'percent' })}
        {' · '}
        {plural(lines, { one: '# line', other: '# lines' })}
        {' · '}
        {plural(failures, { one: '# failure', other: '# failures' })}
      </p>
    </Card>
  );
}

function Done({ seen }: { seen: Backtest }) {
  if (seen.result !== null) return <Result result={seen.result} />;
  return (
    <div role="alert" className="flex flex-col gap-2 rounded-md border border-line bg-danger-soft p-4 text-sm wrap-anywhere">
      <p className="font-medium text-danger">
        {seen.state === 'stopped' ? t`It was stopped.` : t`It could not be done.`}{' '}
        {seen.why !== null && seen.state !== 'stopped' && seen.why}
      </p>
      {seen.mend !== null && <p>{seen.mend}</p>}
    </div>
  );
}
