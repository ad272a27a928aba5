import { plural, t } from '@lingui/core/macro';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { review } from '@/api/config-review';
import type { ConfigDrift } from '@/api/types';
import { adoptDrift, driftQuery, renewVersions, revertDrift } from '@/api/versions';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { Field, Input } from '@/ui/field';
import { Failure } from '@/ui/states';
import { tell } from '@/ui/toast';
import { Differences } from './differences';

/** What was changed by hand, over the list of versions: to adopt, or to put back. */
export function Drift() {
  const { data, error, refetch } = useQuery(driftQuery);
  if (error !== null)
    return <Failure inset title={t`Whether something was changed by hand is not known.`} error={error} retry={() => void refetch()} />;
  if (data === undefined || !data.drifted) return null;
  return <Found drift={data} />;
}

function Found({ drift }: { drift: ConfigDrift }) {
  const client = useQueryClient();
  const [open, setOpen] = useState<'look' | 'adopt'>();
  const putBack = () => {
    setOpen(undefined);
    review.set({
      title: t`Put back what was changed by hand`,
      attempt: (signal) => revertDrift(drift.etag, undefined, signal),
      apply: (terms) => revertDrift(drift.etag, terms),
      onApplied: () => void renewVersions(client),
      onConflict: () => void renewVersions(client),
    });
  };
  const back = drift.files.some(({ writable }) => writable);
  return (
    <section
      aria-label={t`Changed by hand`}
      className="mx-6 mb-4 flex flex-wrap items-center gap-x-4 gap-y-2 rounded-md border border-line bg-warn-soft px-4 py-3 text-sm text-warn max-md:mx-4"
    >
      <p className="min-w-0 flex-1 basis-64 wrap-anywhere">
        <strong className="font-semibold">{t`fail2ban's configuration was changed by hand.`}</strong>{' '}
        {plural(drift.files.length, { one: '# file differs from the newest version.', other: '# files differ from the newest version.' })}
      </p>
      <div className="flex flex-wrap gap-2">
        <Button size="small" onClick={() => setOpen('look')}>{t`See what differs`}</Button>
        {back && <Button size="small" onClick={putBack}>{t`Put it back…`}</Button>}
        <Button size="small" look="primary" onClick={() => setOpen('adopt')}>{t`Adopt it…`}</Button>
      </div>
      {open === 'look' && (
        <Dialog open wide onClose={() => setOpen(undefined)} title={t`Changed by hand`}>
          <div className="flex flex-col gap-5">
            <Differences {...drift} />
          </div>
        </Dialog>
      )}
      {open === 'adopt' && <Adopt drift={drift} onClose={() => setOpen(undefined)} />}
    </section>
  );
}

function Adopt({ drift, onClose }: { drift: ConfigDrift; onClose: () => void }) {
  const client = useQueryClient();
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<unknown>();
  const adopt = async () => {
    setBusy(true);
    try {
      await adoptDrift(drift.etag, reason.trim());
      tell({ title: t`It is a version now` });
      onClose();
    } catch (error) {
      setRefused(error);
      setBusy(false);
    } finally {
      await renewVersions(client);
    }
  };
  return (
    <Dialog
      open
      wide
      firm
      onClose={onClose}
      title={t`Adopt what was changed by hand`}
      description={t`The files stay as they are; the newest version becomes what they say now.`}
      footer={
        <>
          <Button onClick={onClose} disabled={busy}>{t`Cancel`}</Button>
          <Button look="primary" onClick={() => void adopt()} disabled={busy}>
            {busy ? t`Adopting…` : t`Adopt`}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-5" aria-busy={busy}>
        {refused !== undefined && <Failure error={refused} />}
        <Differences {...drift} />
        <Field label={t`Why (for the versions and the audit log)`}>
          <Input value={reason} maxLength={500} onChange={(event) => setReason(event.target.value)} autoComplete="off" />
        </Field>
      </div>
    </Dialog>
  );
}
