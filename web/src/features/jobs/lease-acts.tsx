import { t } from '@lingui/core/macro';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useMay } from '@/api/access';
import { releaseLease, stealLease } from '@/api/jobs';
import type { Lease } from '@/api/types';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { Field, Input } from '@/ui/field';
import { tell, tellProblem } from '@/ui/toast';
import { holderInWords } from './words';

type Deed = 'release' | 'steal';

/** Handing the background jobs over, and taking them away; for administrators. */
export function LeaseActs({ lease }: { lease: Lease }) {
  const may = useMay('steer-jobs');
  const [asked, setAsked] = useState<Deed>();
  if (!may || lease.holder === null) return null;
  const here = lease.state === 'leader';
  return (
    <>
      <div className="flex flex-wrap gap-2">
        {here && (
          <Button size="small" onClick={() => setAsked('release')}>
            {t`Hand over…`}
          </Button>
        )}
        <Button size="small" onClick={() => setAsked('steal')}>
          {t`Take away…`}
        </Button>
      </div>
      {asked !== undefined && <Ask deed={asked} lease={lease} onClose={() => setAsked(undefined)} />}
    </>
  );
}

const longest = 200;

function Ask({ deed, lease, onClose }: { deed: Deed; lease: Lease; onClose: () => void }) {
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const client = useQueryClient();
  const ready = reason.trim() !== '' && !busy;
  const words = deed === 'release' ? releaseWords() : stealWords(lease);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!ready) return;
    setBusy(true);
    try {
      await (deed === 'release' ? releaseLease : stealLease)(reason.trim());
      tell({ title: words.done });
      onClose();
    } catch (error) {
      tellProblem(words.failed, error);
      setBusy(false);
    } finally {
      for (const key of ['lease', 'jobs', 'job']) void client.invalidateQueries({ queryKey: [key] });
    }
  };
  return (
    <Dialog
      open
      narrow
      onClose={onClose}
      title={words.title}
      footer={
        <>
          <Button onClick={onClose}>{t`Cancel`}</Button>
          <Button look={deed === 'steal' ? 'danger' : 'primary'} type="submit" form="lease-order" disabled={!ready}>
            {words.verb}
          </Button>
        </>
      }
    >
      <form id="lease-order" className="flex flex-col gap-4" onSubmit={(event) => void submit(event)}>
        {words.text.map((paragraph) => (
          <p key={paragraph} className="text-sm">
            {paragraph}
          </p>
        ))}
        <Field label={t`Reason`} hint={t`Kept with the change, and in the audit log.`}>
          <Input autoFocus required maxLength={longest} value={reason} onChange={(event) => setReason(event.target.value)} />
        </Field>
      </form>
    </Dialog>
  );
}

interface AskWords {
  title: string;
  text: string[];
  verb: string;
  done: string;
  failed: string;
}

function releaseWords(): AskWords {
  return {
    title: t`Hand the background jobs over?`,
    text: [
      t`Jobs that run now are asked to end, and those that are cut off run again. Then the next console that stands by takes over, usually within seconds.`,
      t`Where none stands by, this one takes them again after a short rest. Pages and bans go on meanwhile; ends of bans wait.`,
    ],
    verb: t`Hand over`,
    done: t`The background jobs are being handed over`,
    failed: t`Not handed over`,
  };
}

function stealWords({ holder }: Lease): AskWords {
  const whom = holder === null ? t`nobody` : holderInWords(holder);
  return {
    title: t`Take the background jobs away?`,
    text: [
      t`The term of ${whom} ends at once, whether it answers or not: whatever its jobs still want to write is refused. Then any console may take over, that one too.`,
      t`This is for a holder that hangs and can't be reached. For one that works, hand over there instead: that lets its jobs end in peace.`,
    ],
    verb: t`Take away`,
    done: t`The background jobs were taken away from ${whom}`,
    failed: t`Not taken away`,
  };
}
