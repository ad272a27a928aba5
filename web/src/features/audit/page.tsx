import { t } from '@lingui/core/macro';
import { useInfiniteQuery } from '@tanstack/react-query';
import { RefreshCw } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useMay } from '@/api/access';
import { exportAudit } from '@/api/audit';
import { auditQuery } from '@/api/queries';
import type { AuditEntry } from '@/api/types';
import { usePhone } from '@/lib/media';
import { visible } from '@/lib/plain';
import { number } from '@/lib/time';
import { Button, IconButton } from '@/ui/button';
import { ExportMenu } from '@/ui/export-menu';
import { ForAdmins } from '@/ui/for-admins';
import { DataGrid } from '@/ui/grid/grid';
import { PageTitle } from '@/ui/page';
import { Bars, Empty, Failure } from '@/ui/states';
import { auditCard, auditColumns } from './columns';
import { AuditDetail } from './detail';
import { AuditFilters } from './filters';
import { useVerify } from './verify';
import { type AuditView, everything, isNarrowed, toFilter } from './view';

const idOf = (entry: AuditEntry) => entry.id;
const nameOf = (entry: AuditEntry) => visible(`${entry.actor ?? ''} ${entry.action} ${entry.target ?? ''}`);

interface AuditPageProps {
  view: AuditView;
  onView: (next: AuditView, replace?: boolean) => void;
}

/** Who did what, from where, and what came of it. */
export function AuditPage(props: AuditPageProps) {
  return useMay('audit') ? <Log {...props} /> : <ForAdmins title={t`Audit log`} />;
}

function Log({ view, onView }: AuditPageProps) {
  const { actor, action, outcome, from, to } = view;
  const filter = useMemo(() => toFilter({ actor, action, outcome, from, to }), [actor, action, outcome, from, to]);
  const query = useInfiniteQuery(auditQuery(filter));
  const entries = useMemo(() => query.data?.pages.flatMap((page) => page.items ?? []) ?? [], [query.data]);
  const phone = usePhone();
  const columns = useMemo(() => (phone ? auditCard() : auditColumns()), [phone]);
  const [open, setOpen] = useState<AuditEntry>();
  const { button, result } = useVerify();
  const more = () => {
    if (query.hasNextPage && !query.isFetching) void query.fetchNextPage();
  };
  return (
    <div data-fit className="flex min-h-0 flex-1 flex-col">
      <PageTitle title={t`Audit log`}>
        <IconButton label={t`Ask again`} onClick={() => void query.refetch()}>
          <RefreshCw aria-hidden />
        </IconButton>
        {button}
        <ExportMenu name="audit" load={(format) => exportAudit(filter, format)} />
      </PageTitle>
      <AuditFilters view={view} onView={onView} />
      {result}
      <div className="relative mx-6 mb-6 flex min-h-0 flex-1 flex-col rounded-lg border border-line bg-surface max-md:mx-0 max-md:mb-0 max-md:rounded-none max-md:border-x-0">
        {entries.length === 0 ? (
          <Instead query={query} narrowed={isNarrowed(view)} onClear={() => onView(everything)} />
        ) : (
          <DataGrid
            label={t`Audit log`}
            className="flex-1"
            columns={columns}
            rows={entries}
            keyOf={idOf}
            nameOf={nameOf}
            rowHeight={phone ? 56 : 34}
            headless={phone}
            total={query.hasNextPage ? -1 : entries.length}
            onOpen={setOpen}
            onNearEnd={more}
            footer={<End query={query} loaded={entries.length} onMore={more} />}
          />
        )}
      </div>
      {open !== undefined && <AuditDetail entry={open} onClose={() => setOpen(undefined)} />}
    </div>
  );
}

interface Asked {
  isError: boolean;
  error: unknown;
  data: unknown;
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  refetch: () => unknown;
}

function Instead({ query, narrowed, onClear }: { query: Asked; narrowed: boolean; onClear: () => void }) {
  if (query.isError) return <Failure inset error={query.error} retry={() => void query.refetch()} />;
  if (query.data === undefined) return <Bars lines={9} className="p-5" />;
  if (narrowed) return <Empty action={<Button onClick={onClear}>{t`Clear filter`}</Button>}>{t`No entries like that.`}</Empty>;
  return <Empty hint={t`Every change made through BanGUI is written down here, and every refused one.`}>{t`Nothing yet.`}</Empty>;
}

function End({ query, loaded, onMore }: { query: Asked; loaded: number; onMore: () => void }) {
  if (query.isError) return <Failure inset error={query.error} retry={onMore} />;
  return (
    <div className="flex h-11 items-center justify-center gap-3 text-xs text-muted">
      {!query.hasNextPage ? (
        t`End of the list`
      ) : query.isFetchingNextPage ? (
        t`Loading more`
      ) : (
        <Button size="small" look="quiet" onClick={onMore}>
          {t`Load more (${number(loaded)} loaded)`}
        </Button>
      )}
    </div>
  );
}
