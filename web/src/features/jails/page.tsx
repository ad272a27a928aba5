import { t } from '@lingui/core/macro';
import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Plus, Power, RefreshCw } from 'lucide-react';
import { useMemo, useRef, useState } from 'react';
import { useMay } from '@/api/access';
import { configQuery } from '@/api/config';
import { jailsQuery } from '@/api/queries';
import { useHotkeys } from '@/lib/hotkeys';
import { usePhone } from '@/lib/media';
import { visible } from '@/lib/plain';
import { number } from '@/lib/time';
import { Button } from '@/ui/button';
import { Chip } from '@/ui/chip';
import { Typed } from '@/ui/filter-fields';
import { DataGrid } from '@/ui/grid/grid';
import { type MenuEntry, SharedMenu } from '@/ui/menu';
import { PageTitle } from '@/ui/page';
import { Bars, Empty, Failure } from '@/ui/states';
import { useActivation } from './activation';
import { BlocklistJailCard } from './blocklist-jail';
import { type JailRow, jailCard, jailColumns } from './columns';
import { CreateJail } from './create-jail';
import { allJails, type JailsView, type Show, shows, viewed } from './list';
import { ManualJailCard } from './manual-jail';
import { useSteering } from './steer';

const nameOf = (jail: JailRow) => jail.name;
const spokenName = (jail: JailRow) => visible(jail.name);

interface JailsPageProps {
  view: JailsView;
  onView: (next: JailsView, replace?: boolean) => void;
}

/** All jails, active or not, with their counters, live. */
export function JailsPage({ view, onView }: JailsPageProps) {
  const query = useQuery(jailsQuery);
  const mayConfigure = useMay('configure');
  const config = useQuery({ ...configQuery, enabled: mayConfigure });
  const maySteer = useMay('steer');
  const { activate } = useActivation();
  const { entries, reload, dialog } = useSteering(mayConfigure ? activate : undefined);
  const [menu, setMenu] = useState<{ name: string; anchor: HTMLElement }>();
  const [creating, setCreating] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  useHotkeys({ '/': () => field.current?.focus() });
  const jails = useMemo(() => query.data && allJails(query.data, config.data?.jails ?? []), [query.data, config.data]);
  const rows = useMemo(() => viewed(jails ?? [], view), [jails, view]);
  const open = jails?.find((j) => j.name === menu?.name);
  const entriesOf = (jail: JailRow): MenuEntry[] =>
    jail.state === 'inactive'
      ? [{ label: t`Activate…`, icon: <Power aria-hidden />, onSelect: () => activate(jail.name, true) }]
      : entries({ ...jail, state: jail.state });
  return (
    <>
      <PageTitle width="page" title={t`Jails`} count={jails === undefined ? undefined : number(rows.length)}>
        {mayConfigure && (
          <Button onClick={() => setCreating(true)} disabled={config.data === undefined || config.data.allowed.degree === 'no'}>
            <Plus aria-hidden />
            {t`Create a jail`}
          </Button>
        )}
        {maySteer && (
          <Button onClick={reload}>
            <RefreshCw aria-hidden />
            {t`Reload configuration`}
          </Button>
        )}
      </PageTitle>
      <search className="flex flex-wrap items-center gap-2 px-6 pb-3 max-md:px-4">
        <Typed
          ref={field}
          label={t`Name of a jail`}
          value={view.q}
          onValue={(q) => onView({ ...view, q }, true)}
          className="w-64 max-md:w-full"
        />
        <Shown jails={jails ?? []} view={view} onView={onView} all={mayConfigure} />
      </search>
      <div className="flex max-w-[1600px] flex-col gap-4 px-6 pb-8 max-md:px-4">
        {config.isError && <Failure title={t`Inactive jails are not shown.`} error={config.error} retry={() => void config.refetch()} />}
        <div className="rounded-lg border border-line bg-surface">
          {jails === undefined ? (
            <Pending query={query} />
          ) : rows.length === 0 ? (
            <Nothing view={view} some={jails.length > 0} onView={onView} />
          ) : (
            <List rows={rows} onMenu={maySteer ? (jail, anchor) => setMenu({ name: jail.name, anchor }) : undefined} />
          )}
        </div>
        <ManualJailCard />
        <BlocklistJailCard />
      </div>
      <SharedMenu
        anchor={open === undefined ? null : (menu?.anchor ?? null)}
        entries={open === undefined ? [] : entriesOf(open)}
        onClose={() => setMenu(undefined)}
      />
      {creating && <CreateJail onClose={() => setCreating(false)} />}
      {dialog}
    </>
  );
}

function Pending({ query }: { query: UseQueryResult }) {
  if (query.isError) return <Failure inset error={query.error} retry={() => void query.refetch()} />;
  return <Bars lines={6} className="p-5" />;
}

function List({ rows, onMenu }: { rows: JailRow[]; onMenu: ((jail: JailRow, anchor: HTMLElement) => void) | undefined }) {
  const phone = usePhone();
  const navigate = useNavigate();
  const columns = useMemo(() => (phone ? jailCard() : jailColumns()), [phone]);
  return (
    <DataGrid
      label={t`Jails`}
      className="max-h-[calc(100dvh-270px)]"
      columns={columns}
      rows={rows}
      keyOf={nameOf}
      nameOf={spokenName}
      rowHeight={phone ? 56 : 34}
      headless={phone}
      onOpen={(jail) => void navigate({ to: '/jails/$jail', params: { jail: jail.name } })}
      onMenu={onMenu}
    />
  );
}

function Shown({ jails, view, onView, all }: JailsPageProps & { jails: readonly JailRow[]; all: boolean }) {
  const choices: [Show, string][] = [
    ['active', t`Active`],
    ...(all ? ([['inactive', t`Inactive`]] as [Show, string][]) : []),
    ['problems', t`Problems`],
    ...(all ? ([['all', t`All`]] as [Show, string][]) : []),
  ];
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would draw a frame of its own
    <div className="flex flex-wrap items-center gap-1.5" role="group" aria-label={t`Which jails`}>
      {choices.map(([show, label]) => (
        <Chip key={show} pressed={view.show === show} onClick={() => onView({ ...view, show })}>
          {label} {number(jails.filter((jail) => shows(jail, show)).length)}
        </Chip>
      ))}
    </div>
  );
}

function Nothing({ view, some, onView }: JailsPageProps & { some: boolean }) {
  if (view.q !== '') {
    return (
      <Empty
        action={<Button onClick={() => onView({ ...view, q: '', show: 'all' })}>{t`Show all jails`}</Button>}
      >{t`No jail here is named “${visible(view.q)}”.`}</Empty>
    );
  }
  if (view.show === 'problems') return <Empty>{t`Nothing is wrong with any jail.`}</Empty>;
  if (view.show === 'active' || !some) {
    return <Empty hint={t`Activate one, such as sshd.`}>{t`fail2ban runs no jail.`}</Empty>;
  }
  return <Empty>{t`Every jail of the configuration is active.`}</Empty>;
}
