import { t } from '@lingui/core/macro';
import { useQuery } from '@tanstack/react-query';
import { Lock } from 'lucide-react';
import { configQuery } from '@/api/config';
import { visible } from '@/lib/plain';

/** Whether this machine lets BanGUI change data, or code; undefined while that is not known. */
export function useAllowed(code: boolean): boolean | undefined {
  const degree = useQuery(configQuery).data?.allowed.degree;
  if (degree === undefined) return undefined;
  return degree === 'code' || (degree === 'data' && !code);
}

/** Says that something can only be read here, why, and who can change that. */
export function Allowed({ code }: { code: boolean }) {
  const allowed = useAllowed(code);
  const how = useQuery(configQuery).data?.allowed.switch ?? '';
  if (allowed !== false) return null;
  return (
    <div className="flex items-start gap-2.5 rounded-md border border-line bg-surface px-4 py-3 text-sm">
      <Lock className="mt-0.5 size-4 shrink-0 text-muted" aria-hidden />
      <p className="min-w-0 wrap-anywhere">
        {code
          ? t`Actions are commands that fail2ban runs as root, so they can only be read here.`
          : t`This machine does not let BanGUI change fail2ban's configuration; it can only be read here.`}{' '}
        {how !== '' && (
          <span className="text-muted">
            {t`Who is root there can allow it:`} <span lang="en">{visible(how)}</span>.
          </span>
        )}
      </p>
    </div>
  );
}
