import { t } from '@lingui/core/macro';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useMay } from '@/api/access';
import { configQuery, endChange } from '@/api/config';
import { hostQuery, jailsQuery } from '@/api/queries';
import type { ConfigWaiting } from '@/api/types';
import { renewVersions } from '@/api/versions';
import { useNow } from '@/lib/clock';
import { visible } from '@/lib/plain';
import { duration } from '@/lib/time';
import { Button } from '@/ui/button';
import { tell, tellProblem } from '@/ui/toast';

const shown = [configQuery.queryKey, ['config-jail'], ['config-file'], ['recipe'], ['recipes'], ['server']] as const;

/** A change that is taken back unless somebody keeps it, over every page until that is decided. */
export function WaitingChange({ waiting }: { waiting: ConfigWaiting }) {
  const client = useQueryClient();
  const may = useMay('configure');
  const now = useNow('second');
  const [busy, setBusy] = useState<'keep' | 'revert'>();
  const left = Math.max(0, Math.ceil((Date.parse(waiting.until) - now) / 1000));
  const renew = async () => {
    for (const queryKey of [jailsQuery.queryKey, ['config-jail'] as const, ['jail'] as const]) {
      void client.invalidateQueries({ queryKey });
    }
    void renewVersions(client);
    await client.invalidateQueries({ queryKey: hostQuery.queryKey });
  };
  useEffect(() => {
    // Its time is over: whether it is taken back, fail2ban's host says.
    if (left === 0 && busy === undefined) void client.invalidateQueries({ queryKey: hostQuery.queryKey });
  }, [left, busy, client]);
  // Once nothing waits any more, other files may count than those that a page shows: whoever ended it, and its time too.
  useEffect(
    () => () => {
      for (const queryKey of shown) void client.invalidateQueries({ queryKey });
    },
    [client],
  );
  const end = async (keep: boolean) => {
    setBusy(keep ? 'keep' : 'revert');
    try {
      await endChange(waiting.id, keep);
      tell({ title: keep ? t`The change holds` : t`The change was taken back; all is as before` });
    } catch (error) {
      tellProblem(keep ? t`The change was not kept` : t`The change was not taken back`, error);
    } finally {
      await renew();
      setBusy(undefined);
    }
  };
  const who = waiting.actor === null ? '' : t`Made by ${visible(waiting.actor)}.`;
  return (
    <section
      aria-label={t`Change on trial`}
      className="sticky top-(--header) z-20 flex flex-wrap items-center gap-x-4 gap-y-2 border-b border-line bg-warn-soft px-6 py-2 text-sm text-warn max-md:px-4"
    >
      <p className="min-w-0 flex-1 basis-64 wrap-anywhere">
        <strong className="font-semibold">{t`fail2ban's configuration was changed on trial.`}</strong>{' '}
        {left > 0 ? t`Unless it is kept, it is taken back in ${duration(left)}.` : t`Its time is over; it is being taken back.`} {who}
      </p>
      {may && (
        <div className="flex gap-2">
          <Button size="small" disabled={busy !== undefined || left === 0} onClick={() => void end(false)}>
            {busy === 'revert' ? t`Taking it back…` : t`Take it back`}
          </Button>
          <Button size="small" look="primary" disabled={busy !== undefined || left === 0} onClick={() => void end(true)}>
            {t`Keep it`}
          </Button>
        </div>
      )}
    </section>
  );
}
