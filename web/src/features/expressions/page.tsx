import { t } from '@lingui/core/macro';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Play } from 'lucide-react';
import { useState } from 'react';
import { useMay } from '@/api/access';
import { logsQuery, tryExpressions } from '@/api/expressions';
import { useHotkeys } from '@/lib/hotkeys';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import { PageTitle } from '@/ui/page';
import { Bars, Empty, Failure } from '@/ui/states';
import { FilterForm } from './filter-form';
import { Results } from './results';
import { SourceForm } from './source-form';
import { type Draft, draftOf, missingIn, orderOf, type TesterView } from './view';

interface TesterPageProps {
  view: TesterView;
  onView: (next: TesterView) => void;
}

/** Lines at the left, a filter at the right, and under them what the one makes of the other. */
export function TesterPage(props: TesterPageProps) {
  const title = t`Expression tester`;
  if (useMay('test')) return <Tester {...props} title={title} />;
  return (
    <>
      <PageTitle title={title} />
      <Empty hint={t`An administrator can change your role.`}>{t`This page is for operators and administrators.`}</Empty>
    </>
  );
}

function Tester({ view, onView, title }: TesterPageProps & { title: string }) {
  const [draft, setDraft] = useState<Draft>(() => draftOf(view));
  const logs = useQuery(logsQuery);
  const trial = useMutation({ mutationFn: tryExpressions });
  const missing = missingIn(draft);
  const change = (part: Partial<Draft>) => setDraft((old) => ({ ...old, ...part }));
  const run = () => {
    if (missing !== undefined || trial.isPending) return;
    onView({
      filter: draft.filter.trim(),
      log: draft.kind === 'log' ? draft.path.trim() : '',
      journal: draft.kind === 'journal' ? draft.match.trim() : '',
    });
    trial.mutate(orderOf(draft));
  };
  useHotkeys({ 'mod+Enter': run });
  return (
    <>
      <PageTitle title={title} width="page">
        <Button look="primary" onClick={run} disabled={missing !== undefined || trial.isPending} title={t`Ctrl+Enter`}>
          <Play aria-hidden />
          {trial.isPending ? t`Trying…` : t`Try it`}
        </Button>
      </PageTitle>
      <div className="grid max-w-[1600px] grid-cols-2 items-start gap-4 px-6 pb-6 max-lg:grid-cols-1 max-md:px-4">
        <SourceForm draft={draft} onChange={change} logs={logs.data} error={logs.error} />
        <FilterForm draft={draft} onChange={change} logs={logs.data} />
        <section className="col-span-full min-w-0" aria-label={t`Result`} aria-live="polite" aria-busy={trial.isPending}>
          {trial.isPending && (
            <Card title={t`Result`}>
              <Bars lines={6} />
            </Card>
          )}
          {trial.isError && <Failure error={trial.error} retry={run} />}
          {trial.isSuccess && <Results result={trial.data} />}
          {trial.isIdle && <Idle missing={missing} />}
        </section>
      </div>
    </>
  );
}

function Idle({ missing }: { missing: ReturnType<typeof missingIn> }) {
  const hint = t`fail2ban's own engine tries it, locked in: nothing is banned, run or looked up.`;
  const words = {
    lines: t`Paste lines, or choose a log.`,
    log: t`Choose a log.`,
    expression: t`Choose a filter, or write an expression.`,
  };
  return (
    <div className="rounded-lg border border-dashed border-line">
      <Empty hint={hint}>{missing === undefined ? t`Ready: press Ctrl+Enter, or "Try it".` : words[missing]}</Empty>
    </div>
  );
}
