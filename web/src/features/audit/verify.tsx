import { t } from '@lingui/core/macro';
import { BadgeCheck } from 'lucide-react';
import { useState } from 'react';
import { verifyAudit } from '@/api/audit';
import type { AuditVerdict } from '@/api/types';
import { visible } from '@/lib/plain';
import { number } from '@/lib/time';
import { Button } from '@/ui/button';
import { CopyButton } from '@/ui/copy';
import { Failure } from '@/ui/states';

/** Checks that no entry was changed or taken away since it was written, and tells what came of it. */
export function useVerify() {
  const [busy, setBusy] = useState(false);
  const [so, setSo] = useState(0);
  const [check, setCheck] = useState<AuditVerdict>();
  const [error, setError] = useState<unknown>();
  const run = async () => {
    setBusy(true);
    setSo(0);
    setError(undefined);
    try {
      setCheck(await verifyAudit(setSo));
    } catch (problem) {
      setCheck(undefined);
      setError(problem);
    }
    setBusy(false);
  };
  const button = (
    <Button disabled={busy} onClick={() => void run()}>
      <BadgeCheck aria-hidden />
      {busy ? (so === 0 ? t`Verifying…` : t`${number(so)} verified…`) : t`Verify`}
    </Button>
  );
  return { button, result: <Result check={check} error={error} /> };
}

function Result({ check, error }: { check: AuditVerdict | undefined; error: unknown }) {
  if (error !== undefined) {
    return (
      <div className="px-6 pb-3 max-md:px-4">
        <Failure error={error} title={t`Could not verify.`} />
      </div>
    );
  }
  if (check === undefined) return null;
  return check.ok ? <Good check={check} /> : <Bad check={check} />;
}

function Good({ check: { checked, newest } }: { check: AuditVerdict }) {
  return (
    <div role="status" className="mx-6 mb-3 flex flex-col gap-1 rounded-md bg-ok-soft px-4 py-2 text-sm text-ok max-md:mx-4">
      <p>{t`✓ ${number(checked)} entries verified: none was changed, none is missing.`}</p>
      <p className="flex items-center gap-1 text-xs text-text">
        <span className="min-w-0 wrap-anywhere">
          {t`Entry ${newest.id} has the fingerprint`} <code className="font-mono">{visible(newest.hash)}</code>
          {'. '}
          {t`Kept elsewhere, it shows later that nobody wrote the whole log anew.`}
        </span>
        <CopyButton text={`${newest.id} ${newest.hash}`} label={t`Copy the fingerprint`} />
      </p>
    </div>
  );
}

function Bad({ check: { first_bad, why } }: { check: AuditVerdict }) {
  return (
    <div role="alert" className="mx-6 mb-3 rounded-md bg-danger-soft px-4 py-2 text-sm text-danger max-md:mx-4">
      <p className="font-medium">{t`✕ The log is not what was written: look at entry ${first_bad ?? '?'}.`}</p>
      {why !== null && <p className="wrap-anywhere">{visible(why)}</p>}
      <p>{t`Somebody changed the database by hand, or it is damaged. Keep a copy of it before anything else.`}</p>
    </div>
  );
}
