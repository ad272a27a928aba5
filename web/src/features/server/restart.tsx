import { plural, t } from '@lingui/core/macro';
import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { useMay } from '@/api/access';
import { reloadHost } from '@/api/changes';
import { hostQuery, jailsQuery } from '@/api/queries';
import { flushLogs, restartServer, serverQuery } from '@/api/server';
import type { Server } from '@/api/types';
import { visible } from '@/lib/plain';
import { number } from '@/lib/time';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import { Confirm } from '@/ui/dialog';
import { Failure } from '@/ui/states';
import { tell, tellProblem } from '@/ui/toast';

type Deed = 'flush' | 'reload' | 'restart';

/** What can be done with the server as a whole, each with what it does. */
export function RestartCard({ server }: { server: Server }) {
  const client = useQueryClient();
  const maySteer = useMay('steer');
  const mayRestart = useMay('configure');
  const [busy, setBusy] = useState<Deed>();
  const [asked, setAsked] = useState<'reload' | 'restart'>();
  const [failed, setFailed] = useState<unknown>();
  const run = async (deed: Deed, work: () => Promise<void>) => {
    setBusy(deed);
    setFailed(undefined);
    await work();
    setBusy(undefined);
    setAsked(undefined);
    for (const { queryKey } of [serverQuery, hostQuery, jailsQuery]) void client.invalidateQueries({ queryKey });
  };
  const flush = () =>
    run('flush', () =>
      flushLogs().then(
        () => tell({ title: t`fail2ban opened its log anew` }),
        (error: unknown) => tellProblem(t`The log was not opened anew`, error),
      ),
    );
  const reload = () =>
    run('reload', () =>
      reloadHost().then(
        () => tell({ title: t`Configuration reloaded` }),
        (error: unknown) => tellProblem(t`Reload failed`, error),
      ),
    );
  const restart = () =>
    run('restart', async () => {
      setAsked(undefined);
      try {
        const { jails, bans, missing, took_ms } = await restartServer(server.restart.loses_bans);
        const seconds = number(took_ms / 1000, { maximumFractionDigits: 1 });
        const run = plural(jails, { one: '# jail runs', other: '# jails run' });
        const back = plural(bans, { one: '# ban is back', other: '# bans are back' });
        tell({
          title: t`fail2ban was restarted in ${seconds} s`,
          detail: missing.length === 0 ? `${run}, ${back}.` : `${run}, ${back}. ${t`Missing: ${visible(missing.join(', '))}`}`,
        });
      } catch (error) {
        setFailed(error);
      }
    });
  return (
    <Card title={t`Reload and restart`}>
      <div className="flex flex-col gap-4">
        {failed !== undefined && <Failure title={t`fail2ban was not restarted as it should.`} error={failed} />}
        <Row text={t`Open the log anew, as after a rotation.`}>
          <Button disabled={!maySteer || busy !== undefined} onClick={() => void flush()}>{t`Flush logs`}</Button>
        </Row>
        <Row text={t`Read all files again. Bans and counters stay; a mistake in a file is found before.`}>
          <Button disabled={!maySteer || busy !== undefined} onClick={() => setAsked('reload')}>{t`Reload all…`}</Button>
        </Row>
        <Row text={<RestartWords server={server} />}>
          <Button
            look="danger"
            disabled={!mayRestart || busy !== undefined || server.restart.way === null}
            onClick={() => setAsked('restart')}
          >
            {busy === 'restart' ? t`Restarting…` : t`Restart…`}
          </Button>
        </Row>
        {busy === 'restart' && (
          <p
            role="status"
            className="text-sm text-muted"
          >{t`fail2ban ends, starts, and BanGUI looks whether jails and bans are back. That takes some seconds.`}</p>
        )}
      </div>
      <Confirm
        open={asked === 'reload'}
        busy={busy !== undefined}
        onCancel={() => setAsked(undefined)}
        onConfirm={() => void reload()}
        title={t`Reload fail2ban's configuration?`}
        verb={t`Reload`}
      >
        <p>{t`fail2ban reads all its files again. A mistake in one of them can leave it without jails; BanGUI checks them first and refuses where it finds one.`}</p>
      </Confirm>
      <Confirm
        open={asked === 'restart'}
        danger
        busy={busy !== undefined}
        onCancel={() => setAsked(undefined)}
        onConfirm={() => void restart()}
        title={t`Restart fail2ban?`}
        verb={server.restart.loses_bans ? t`Restart and lose the bans` : t`Restart`}
      >
        <p>{bansInWords(server)}</p>
        <p>{t`Its configuration is tried first: one that it would not come up with refuses the restart.`}</p>
      </Confirm>
    </Card>
  );
}

function bansInWords({ restart: { bans, loses_bans } }: Server): string {
  if (loses_bans) {
    return plural(bans, {
      one: 'fail2ban keeps no database: # ban is lost.',
      other: 'fail2ban keeps no database: # bans are lost.',
    });
  }
  return plural(bans, {
    0: 'No ban is lifted by it.',
    one: '# ban is lifted for some seconds and put back from its database.',
    other: '# bans are lifted for some seconds and put back from its database.',
  });
}

function RestartWords({ server }: { server: Server }) {
  const { way, refused, mend } = server.restart;
  if (way === null) {
    return (
      <>
        <span className="block text-text">{visible(refused ?? '')}</span>
        {mend !== null && <span className="block">{visible(mend)}</span>}
      </>
    );
  }
  const how = {
    systemd: t`Restart its systemd unit.`,
    program: t`Stop it, and start it again with its own program.`,
    supervisor: t`Stop it; what supervises it starts it again.`,
  }[way];
  return <>{`${how} ${bansInWords(server)}`}</>;
}

function Row({ text, children }: { text: ReactNode; children: ReactNode }) {
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b border-line pb-4 last:border-b-0 last:pb-0">
      <p className="min-w-56 flex-1 text-sm text-muted wrap-anywhere">{text}</p>
      {children}
    </div>
  );
}
