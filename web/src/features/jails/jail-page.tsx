import { t } from '@lingui/core/macro';
import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ChevronDown, Trash2 } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { useMay } from '@/api/access';
import { configJailQuery } from '@/api/config';
import { jailQuery, jailsQuery } from '@/api/queries';
import type { ConfigJail, Jail, JailDetail } from '@/api/types';
import { closesInWords } from '@/api/words';
import { visible } from '@/lib/plain';
import { problemOf } from '@/lib/problem';
import { number } from '@/lib/time';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import { Menu, type MenuEntry } from '@/ui/menu';
import { PageTitle } from '@/ui/page';
import { Bars, Empty, Failure } from '@/ui/states';
import { Unsaved } from '@/ui/unsaved';
import { useActivation } from './activation';
import { BacktestPanel } from './backtest';
import { JailState } from './columns';
import { JailSettings } from './jail-settings';
import { LogSources } from './log-sources';
import { ManualJailCard } from './manual-jail';
import { JailOptions } from './options';
import { type Draft, editsOf } from './settings';
import { useSteering } from './steer';

/** The parts of a jail's page. */
export type JailTab = 'activity' | 'settings' | 'logs' | 'backtest';

/** One jail, active or not: what it does now, its settings, where it looks. */
export function JailPage({ name, tab }: { name: string; tab: JailTab }) {
  const mayConfigure = useMay('configure');
  const { detail, config, jail, unknown, inactive } = useJail(name, mayConfigure);
  const mayTest = useMay('test');
  const kept = useKept();
  const part = mayConfigure || (mayTest && tab === 'backtest') ? tab : 'activity';
  const state = jail?.state ?? (inactive ? 'inactive' : undefined);
  return (
    <>
      <PageTitle
        width="text"
        name={visible(name)}
        title={<span className="wrap-anywhere">{visible(name)}</span>}
        count={state && <JailState state={state} />}
      >
        <Acts jail={jail} config={config.data} />
      </PageTitle>
      <Unsaved when={Object.keys(kept.draft).length > 0} withinPath />
      {mayTest && (!unknown || inactive) && <Tabs name={name} touched={Object.keys(kept.draft).length > 0} mayConfigure={mayConfigure} />}
      <div className="flex max-w-[1200px] flex-col gap-4 px-6 pb-8 max-md:px-4">
        {unknown && !inactive ? (
          <Missing asking={mayConfigure && config.isPending} />
        ) : (
          <Part name={name} part={part} etag={config.data?.etag} kept={kept}>
            <Doing inactive={inactive ? config.data : undefined} jail={jail} detail={detail} />
          </Part>
        )}
      </div>
    </>
  );
}

/** What stays while one goes from part to part: settings that are not applied, and the back-test. */
function useKept() {
  const [draft, setDraft] = useState<Draft>({});
  const [backtest, setBacktest] = useState('');
  return { draft, setDraft, backtest, setBacktest };
}

interface PartProps {
  name: string;
  part: JailTab;
  etag: string | undefined;
  kept: ReturnType<typeof useKept>;
  children: ReactNode;
}

function Part({ name, part, etag, kept, children }: PartProps) {
  switch (part) {
    case 'settings':
      return <JailSettings name={name} draft={kept.draft} onDraft={kept.setDraft} />;
    case 'logs':
      return <LogSources name={name} />;
    case 'backtest':
      return <BacktestPanel jail={name} draft={editsOf(name, kept.draft)} etag={etag} id={kept.backtest} onId={kept.setBacktest} />;
    default:
      return children;
  }
}

/** What fail2ban and its configuration know of a jail. */
function useJail(name: string, mayConfigure: boolean) {
  const detail = useQuery(jailQuery(name));
  const config = useQuery({ ...configJailQuery(name), enabled: mayConfigure, retry: false });
  // The list is live; the options are asked for once.
  const jail = useQuery(jailsQuery).data?.find((j) => j.name === name) ?? detail.data;
  const unknown = detail.isError && problemOf(detail.error).code === 'jail_not_found' && jail === undefined;
  return { detail, config, jail, unknown, inactive: unknown && config.data !== undefined };
}

function Missing({ asking }: { asking: boolean }) {
  if (asking) return <Bars lines={6} />;
  return (
    <Empty
      action={<Link to="/jails" className="text-accent underline">{t`All jails`}</Link>}
    >{t`fail2ban has no jail of that name now.`}</Empty>
  );
}

/** What can be done with the jail. */
function Acts({ jail, config }: { jail: Jail | undefined; config: ConfigJail | undefined }) {
  const maySteer = useMay('steer');
  const { activate, remove } = useActivation();
  const { entries, dialog } = useSteering(config === undefined ? undefined : activate);
  const ours: MenuEntry[] =
    config?.alone === true ? [{ label: t`Delete…`, icon: <Trash2 aria-hidden />, danger: true, onSelect: () => remove(config) }] : [];
  if (jail === undefined) {
    return (
      <>
        {ours.length > 0 && config !== undefined && <Button onClick={() => remove(config)}>{t`Delete…`}</Button>}
        {config !== undefined && <Button look="primary" onClick={() => activate(config.name, true)}>{t`Activate…`}</Button>}
      </>
    );
  }
  return (
    <>
      {maySteer && (
        <Menu
          entries={[...entries(jail), ...ours]}
          trigger={
            <Button>
              {t`Actions`}
              <ChevronDown aria-hidden />
            </Button>
          }
        />
      )}
      {dialog}
    </>
  );
}

const tabLook =
  'inline-flex h-9 items-center border-b-2 border-transparent px-3 text-sm text-muted hover:text-text aria-[current=page]:border-accent ' +
  'aria-[current=page]:font-medium aria-[current=page]:text-text max-md:h-11';

/** A phone has no room for all of them: the one that is open is in sight. */
function showCurrent(list: HTMLUListElement | null): void {
  list?.querySelector('[aria-current=page]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
}

function Tabs({ name, touched, mayConfigure }: { name: string; touched: boolean; mayConfigure: boolean }) {
  const tabs: [JailTab, string][] = [['activity', t`Activity`]];
  if (mayConfigure) tabs.push(['settings', touched ? t`Settings (changed)` : t`Settings`], ['logs', t`Log sources`]);
  tabs.push(['backtest', t`Back-test`]);
  return (
    <nav aria-label={t`Parts of the jail`} className="px-6 pb-4 max-md:px-4">
      <ul ref={showCurrent} className="flex max-w-[1152px] overflow-x-auto border-b border-line">
        {tabs.map(([one, label]) => (
          <li key={one}>
            <Link
              to="/jails/$jail"
              params={{ jail: name }}
              search={{ tab: one === 'activity' ? undefined : one }}
              activeOptions={{ exact: true, includeSearch: true, explicitUndefined: true }}
              className={tabLook}
            >
              {label}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function Inactive({ jail }: { jail: ConfigJail }) {
  return (
    <Card title={t`This jail is inactive`}>
      <p className="text-sm text-muted">
        {t`It stands in fail2ban's configuration and watches nothing. Activating it is tried on a copy first; then BanGUI looks for some seconds whether it runs, and takes it back if it does not.`}
      </p>
      {jail.fault !== null && <p className="pt-2 text-sm text-danger wrap-anywhere">{visible(jail.fault)}</p>}
    </Card>
  );
}

interface DoingProps {
  inactive: ConfigJail | undefined;
  jail: Jail | undefined;
  detail: UseQueryResult<JailDetail>;
}

function Doing({ inactive, jail, detail }: DoingProps) {
  if (inactive !== undefined) return <Inactive jail={inactive} />;
  return (
    <>
      {jail !== undefined && <Counters jail={jail} />}
      {jail !== undefined && <p className="px-1 text-sm text-muted">{t`A ban here closes ${closesInWords(jail.closes)}.`}</p>}
      {detail.data !== undefined ? (
        <JailOptions jail={withLive(detail.data, jail)} />
      ) : detail.isError ? (
        <Failure error={detail.error} retry={() => void detail.refetch()} />
      ) : (
        <Bars lines={10} />
      )}
      {jail?.ours && <ManualJailCard />}
    </>
  );
}

function withLive(detail: JailDetail, jail: Jail | undefined): JailDetail {
  return jail === undefined ? detail : { ...detail, state: jail.state };
}

function Counters({ jail }: { jail: Jail }) {
  const figures = [
    { name: t`Banned now`, value: jail.currently_banned, link: true },
    { name: t`Banned since it started`, value: jail.total_banned },
    { name: t`Failures being counted`, value: jail.currently_failed },
    { name: t`Failures since it started`, value: jail.total_failed },
  ];
  return (
    <dl className="grid grid-cols-2 overflow-hidden rounded-lg border border-line bg-line xl:grid-cols-4" style={{ gap: 1 }}>
      {figures.map(({ name, value, link }) => (
        <div key={name} className="flex flex-col gap-0.5 bg-surface px-4 py-3">
          <dt className="text-sm text-muted">{name}</dt>
          <dd className="text-2xl font-semibold tracking-tight">
            {link ? (
              <Link to="/bans" search={{ jail: jail.name }} className="text-accent hover:underline">
                {number(value)}
              </Link>
            ) : (
              number(value)
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}
