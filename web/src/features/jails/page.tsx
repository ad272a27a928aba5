import { t } from '@lingui/core/macro';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { RefreshCw } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useMay } from '@/api/access';
import { jailsQuery } from '@/api/queries';
import type { Jail } from '@/api/types';
import { usePhone } from '@/lib/media';
import { visible } from '@/lib/plain';
import { number } from '@/lib/time';
import { Button } from '@/ui/button';
import { DataGrid } from '@/ui/grid/grid';
import { SharedMenu } from '@/ui/menu';
import { PageTitle } from '@/ui/page';
import { Bars, Empty, Failure } from '@/ui/states';
import { jailCard, jailColumns } from './columns';
import { ManualJailCard } from './manual-jail';
import { useSteering } from './steer';

const nameOf = (jail: Jail) => jail.name;
const spokenName = (jail: Jail) => visible(jail.name);

/** All jails with their counters, live. */
export function JailsPage() {
  const query = useQuery(jailsQuery);
  const jails = query.data;
  const phone = usePhone();
  const navigate = useNavigate();
  const columns = useMemo(() => (phone ? jailCard() : jailColumns()), [phone]);
  const maySteer = useMay('steer');
  const { entries, reload, dialog } = useSteering();
  const [menu, setMenu] = useState<{ name: string; anchor: HTMLElement }>();
  const open = jails?.find((j) => j.name === menu?.name);
  return (
    <>
      <PageTitle width="page" title={t`Jails`} count={jails === undefined ? undefined : number(jails.length)}>
        {maySteer && (
          <Button onClick={reload}>
            <RefreshCw aria-hidden />
            {t`Reload configuration`}
          </Button>
        )}
      </PageTitle>
      <div className="flex max-w-[1600px] flex-col gap-4 px-6 pb-8 max-md:px-4">
        <div className="rounded-lg border border-line bg-surface">
          {jails === undefined ? (
            query.isError ? (
              <Failure inset error={query.error} retry={() => void query.refetch()} />
            ) : (
              <Bars lines={6} className="p-5" />
            )
          ) : jails.length === 0 ? (
            <Empty hint={t`Enable one in fail2ban's configuration, such as sshd, and reload.`}>{t`fail2ban runs no jail.`}</Empty>
          ) : (
            <DataGrid
              label={t`Jails`}
              className="max-h-[calc(100dvh-220px)]"
              columns={columns}
              rows={jails}
              keyOf={nameOf}
              nameOf={spokenName}
              rowHeight={phone ? 56 : 34}
              headless={phone}
              onOpen={(jail) => void navigate({ to: '/jails/$jail', params: { jail: jail.name } })}
              onMenu={maySteer ? (jail, anchor) => setMenu({ name: jail.name, anchor }) : undefined}
            />
          )}
        </div>
        <ManualJailCard />
      </div>
      <SharedMenu
        anchor={open === undefined ? null : (menu?.anchor ?? null)}
        entries={open === undefined ? [] : entries(open)}
        onClose={() => setMenu(undefined)}
      />
      {dialog}
    </>
  );
}
