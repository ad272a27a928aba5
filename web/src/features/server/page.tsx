import { t } from '@lingui/core/macro';
import { useQuery } from '@tanstack/react-query';
import { useMay } from '@/api/access';
import { hostQuery } from '@/api/queries';
import { type LogFilter, serverQuery } from '@/api/server';
import { visible } from '@/lib/plain';
import { Chip } from '@/ui/chip';
import { PageTitle } from '@/ui/page';
import { Bars, Empty, Failure } from '@/ui/states';
import { LogView } from './log';
import { RestartCard } from './restart';
import { SettingsCard } from './settings';

export type ServerTab = 'settings' | 'log';

interface ServerPageProps {
  tab: ServerTab;
  filter: LogFilter;
  onTab: (tab: ServerTab) => void;
  onFilter: (filter: LogFilter) => void;
}

/** fail2ban's server as a whole: its own options, its restart, its log. */
export function ServerPage({ tab, filter, onTab, onFilter }: ServerPageProps) {
  const administers = useMay('configure');
  const version = useQuery(hostQuery).data?.fail2ban.version;
  const tabs: [ServerTab, string][] = [
    ['settings', t`Settings`],
    ['log', t`Log`],
  ];
  return (
    <>
      <PageTitle title={t`Server`} count={version ? t`fail2ban ${visible(version)}` : undefined} width="text" />
      <nav aria-label={t`Parts of this page`} className="flex gap-1.5 px-6 pb-3 max-md:px-4">
        {tabs.map(([name, label]) => (
          <Chip key={name} pressed={tab === name} onClick={() => onTab(name)}>
            {label}
          </Chip>
        ))}
      </nav>
      {tab === 'settings' && <Settings />}
      {tab === 'log' && administers && <LogView filter={filter} onFilter={onFilter} />}
      {tab === 'log' && !administers && (
        <Empty hint={t`It may hold keys that actions were given.`}>{t`fail2ban's log is for administrators.`}</Empty>
      )}
    </>
  );
}

function Settings() {
  const { data, isError, error, refetch } = useQuery(serverQuery);
  return (
    <div className="flex max-w-[1200px] flex-col gap-4 px-6 pb-8 max-md:px-4">
      {isError && <Failure error={error} retry={() => void refetch()} />}
      {data === undefined && !isError && <Bars lines={10} />}
      {data !== undefined && (
        <>
          <SettingsCard server={data} key={data.etag} again={() => void refetch()} />
          <RestartCard server={data} />
        </>
      )}
    </div>
  );
}
