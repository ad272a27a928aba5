import { api, take } from './client';
import { type ExportFormat, exportList } from './exports';
import { type AuditFilter, auditParameters } from './queries';
import type { AuditVerdict } from './types';

/** Checks that nothing in the log was changed or taken out; in as many requests as it takes. */
export async function verifyAudit(progress: (checked: number) => void): Promise<AuditVerdict> {
  let checked = 0;
  for (let after: string | undefined; ; ) {
    const query = { after: after === undefined ? undefined : Number(after) };
    const part = await take(api.GET('/api/v1/audit/verify', { params: { query } }));
    checked += part.checked;
    if (!part.ok || part.next === null || part.next === after) return { ...part, checked };
    after = part.next;
    progress(checked);
  }
}

/** The filtered log as a file, whole. */
export function exportAudit(filter: AuditFilter, format: ExportFormat): Promise<Blob> {
  return exportList('/api/v1/audit', auditParameters(filter), format);
}
