import { t } from '@lingui/core/macro';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useMay } from '@/api/access';
import { configQuery } from '@/api/config';
import { hostQuery, jailsQuery } from '@/api/queries';
import { putBackChange, serverQuery } from '@/api/server';
import type { Fallen } from '@/api/types';
import { clip, visible } from '@/lib/plain';
import { duration } from '@/lib/time';
import { Button } from '@/ui/button';
import { Failure } from '@/ui/states';
import { tell } from '@/ui/toast';

const shownErrors = 3;

/** fail2ban fell soon after a change of ours: why, as far as it says, and the way back, over every page. */
export function FallenChange({ fallen }: { fallen: Fallen }) {
  const client = useQueryClient();
  const may = useMay('configure');
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<unknown>();
  const after = duration(Math.max(1, Math.round((Date.parse(fallen.fell_at) - Date.parse(fallen.made_at)) / 1000)));
  const lost = visible(fallen.lost.join(', '));
  const putBack = async () => {
    setBusy(true);
    setFailed(undefined);
    try {
      await putBackChange(fallen.change);
      tell({ title: t`What was there before is back, and fail2ban runs with it` });
    } catch (error) {
      setFailed(error);
    } finally {
      setBusy(false);
      for (const queryKey of [hostQuery.queryKey, jailsQuery.queryKey, configQuery.queryKey, serverQuery.queryKey]) {
        void client.invalidateQueries({ queryKey });
      }
    }
  };
  return (
    <section
      aria-label={t`fail2ban fell after a change`}
      className="flex flex-col gap-2 border-b border-line bg-danger-soft px-6 py-3 text-sm text-danger max-md:px-4"
    >
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <p role="alert" className="min-w-0 flex-1 basis-64 wrap-anywhere">
          <strong className="font-semibold">
            {fallen.lost.length === 0
              ? t`fail2ban ended ${after} after its configuration was changed.`
              : t`fail2ban lost jails ${after} after its configuration was changed: ${lost}.`}
          </strong>{' '}
          {fallen.actor !== null && t`The change was made by ${visible(fallen.actor)}.`} {t`It wrote ${visible(fallen.files.join(', '))}.`}
        </p>
        {may && (
          <Button look="danger" disabled={busy} onClick={() => void putBack()}>
            {busy ? t`Putting it back…` : t`Put back what was there before`}
          </Button>
        )}
      </div>
      {fallen.errors.length > 0 && (
        <ul aria-label={t`The last errors in its log`} className="flex flex-col font-mono text-xs text-text">
          {fallen.errors.slice(-shownErrors).map((line, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: equal lines are common, and the list never changes
            <li key={index} className="wrap-anywhere">
              {visible(clip(line, 300).text)}
            </li>
          ))}
        </ul>
      )}
      {failed !== undefined && <Failure error={failed} />}
    </section>
  );
}
