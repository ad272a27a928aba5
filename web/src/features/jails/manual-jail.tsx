import { t } from '@lingui/core/macro';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useMay } from '@/api/access';
import { setManualJail } from '@/api/changes';
import { jailsQuery, manualJailQuery } from '@/api/queries';
import type { ManualJail } from '@/api/types';
import { refusedInWords } from '@/api/words';
import { visible } from '@/lib/plain';
import { Badge } from '@/ui/badge';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import { Confirm, Dialog } from '@/ui/dialog';
import { Diff } from '@/ui/diff';
import { tell, tellProblem } from '@/ui/toast';

function useChange(onDone: () => void) {
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const change = async (installed: boolean) => {
    setBusy(true);
    try {
      client.setQueryData(manualJailQuery.queryKey, await setManualJail(installed));
      tell({ title: installed ? t`Jail added and running` : t`Jail and file removed` });
      onDone();
    } catch (error) {
      tellProblem(installed ? t`The jail was not added; all is as before` : t`The jail was not removed`, error);
    } finally {
      setBusy(false);
      void client.invalidateQueries({ queryKey: jailsQuery.queryKey });
    }
  };
  return { busy, change };
}

/** Offers our own jail for bans by hand: all ports, no filter, one file of ours. */
export function ManualJailCard() {
  const { data } = useQuery(manualJailQuery);
  const mayChange = useMay('manual-jail');
  const [asked, setAsked] = useState<'add' | 'remove'>();
  const { busy, change } = useChange(() => setAsked(undefined));
  if (data === undefined) return null;
  return (
    <Card title={t`A jail for bans by hand`} aside={<Standing jail={data} />}>
      <div className="flex flex-wrap items-center gap-4 text-sm">
        <p className="min-w-64 flex-1 text-muted">
          {data.foreign
            ? t`A jail named ${visible(data.name)} exists already and is not from BanGUI; it is left alone.`
            : data.installed
              ? t`Bans by hand in ${visible(data.name)} close every port. It watches no log and bans nobody by itself. Its only file is ${visible(data.path)}.`
              : t`Stock jails close only the ports of their service: a ban in sshd closes port 22 and no other. BanGUI can add a jail that closes every port, watches no log and is one file of its own.`}
        </p>
        {!data.foreign && (
          <div className="flex flex-wrap items-center gap-3">
            <Button disabled={!mayChange} onClick={() => setAsked(data.installed ? 'remove' : 'add')}>
              {data.installed ? t`Remove…` : t`Show what would change…`}
            </Button>
            {!mayChange && <span className="text-xs text-muted">{refusedInWords('manual-jail')}</span>}
          </div>
        )}
      </div>
      {asked === 'add' && <AddDialog jail={data} busy={busy} onClose={() => setAsked(undefined)} onAdd={() => void change(true)} />}
      <Confirm
        open={asked === 'remove'}
        danger
        busy={busy}
        onCancel={() => setAsked(undefined)}
        onConfirm={() => void change(false)}
        title={t`Remove the jail ${visible(data.name)}?`}
        verb={t`Remove the jail`}
      >
        <p>{t`Its bans are lifted and its file ${visible(data.path)} is deleted. fail2ban is left as it was found.`}</p>
      </Confirm>
    </Card>
  );
}

function Standing({ jail }: { jail: ManualJail }) {
  if (!jail.installed) return null;
  return (
    <span className="pr-2">
      <Badge tone={jail.running ? 'ok' : 'danger'}>{jail.running ? t`Running` : t`Not running`}</Badge>
    </span>
  );
}

function AddDialog({ jail, busy, onClose, onAdd }: { jail: ManualJail; busy: boolean; onClose: () => void; onAdd: () => void }) {
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={t`Add the jail ${visible(jail.name)}`}
      description={t`One new file; no other is touched. If fail2ban doesn't take it, all stays as it is.`}
      footer={
        <>
          <Button onClick={onClose}>{t`Cancel`}</Button>
          <Button look="primary" disabled={busy} onClick={onAdd}>
            {busy ? t`Adding…` : t`Add and start the jail`}
          </Button>
        </>
      }
    >
      <p className="pb-2 font-mono text-sm wrap-anywhere">{visible(jail.path)}</p>
      <Diff text={jail.diff === '' ? jail.content : jail.diff} />
    </Dialog>
  );
}
