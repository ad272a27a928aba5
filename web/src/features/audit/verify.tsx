import { t } from '@lingui/core/macro';
import { BadgeCheck } from 'lucide-react';
import { useState } from 'react';
import { verifyAudit } from '@/api/audit';
import type { AuditCheck } from '@/api/types';
import { number } from '@/lib/time';
import { Button } from '@/ui/button';
import { Failure } from '@/ui/states';

/** Checks that no entry was changed or taken away since it was written, and tells what came of it. */
export function useVerify() {
  const [busy, setBusy] = useState(false);
  const [check, setCheck] = useState<AuditCheck>();
  const [error, setError] = useState<unknown>();
  const run = async () => {
    setBusy(true);
    setError(undefined);
    try {
      setCheck(await verifyAudit());
    } catch (problem) {
      setCheck(undefined);
      setError(problem);
    }
    setBusy(false);
  };
  const button = (
    <Button disabled={busy} onClick={() => void run()}>
      <BadgeCheck aria-hidden />
      {busy ? t`Verifying…` : t`Verify`}
    </Button>
  );
  return { button, result: <Result check={check} error={error} /> };
}

function Result({ check, error }: { check: AuditCheck | undefined; error: unknown }) {
  if (error !== undefined) {
    return (
      <div className="px-6 pb-3 max-md:px-4">
        <Failure error={error} title={t`Could not verify.`} />
      </div>
    );
  }
  if (check === undefined) return null;
  return check.ok ? (
    <p role="status" className="mx-6 mb-3 rounded-md bg-ok-soft px-4 py-2 text-sm text-ok max-md:mx-4">
      {t`✓ ${number(check.checked)} entries checked: none was changed, none is missing.`}
    </p>
  ) : (
    <p role="alert" className="mx-6 mb-3 rounded-md bg-danger-soft px-4 py-2 text-sm text-danger max-md:mx-4">
      {t`✕ Entry ${check.first_bad ?? '?'} is not what was written, or one before it is missing. ${number(check.checked)} entries before it are good. Somebody changed the database by hand, or it was damaged: keep a copy of it and compare it with an export.`}
    </p>
  );
}
