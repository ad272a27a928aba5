import { t } from '@lingui/core/macro';
import { useQuery } from '@tanstack/react-query';
import { Ban } from 'lucide-react';
import { useMay } from '@/api/access';
import { hostQuery, jailsQuery } from '@/api/queries';
import { ask } from '@/lib/requests';
import { Button } from '@/ui/button';
import { PageTitle } from '@/ui/page';
import { Failure } from '@/ui/states';
import { Attention } from './attention';
import { Figures } from './figures';
import { LiveFeed } from './live-feed';
import { RangeBar } from './range-bar';
import { Tops } from './tops';
import { Trend } from './trend';
import type { OverviewView } from './view';

interface OverviewPageProps {
  view: OverviewView;
  onView: (next: OverviewView) => void;
}

/** One glance: what needs a look, how much is banned and by what, what happens now. */
export function OverviewPage({ view, onView }: OverviewPageProps) {
  const host = useQuery(hostQuery);
  const jails = useQuery(jailsQuery);
  const mayBan = useMay('ban');
  return (
    <>
      <PageTitle width="page" title={t`Overview`}>
        {mayBan && (
          <Button look="primary" onClick={() => ask('ban', { addresses: [] })}>
            <Ban aria-hidden />
            {t`Ban an address`}
          </Button>
        )}
      </PageTitle>
      <div className="flex max-w-[1600px] flex-col gap-4 px-6 pb-8 max-md:px-4">
        {host.data === undefined && host.isError ? (
          <Failure error={host.error} retry={() => void host.refetch()} />
        ) : (
          <Attention findings={host.data?.findings ?? []} jails={jails.data ?? []} />
        )}
        <RangeBar view={view} onView={onView} />
        <Figures host={host.data} jails={jails.data} view={view} />
        <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
          <Trend view={view} onView={onView} />
          <LiveFeed />
        </div>
        <Tops view={view} onView={onView} />
      </div>
    </>
  );
}
