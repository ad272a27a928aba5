import { ownUrl } from '../lib/env';
import { problemFrom } from '../lib/problem';
import { api, take } from './client';
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

const kinds = { csv: 'text/csv', ndjson: 'application/x-ndjson' } as const;
const exportDeadlineMs = 600_000;

/** The filtered log as a file, whole; what breaks off on the way is a problem and no file. */
export async function exportAudit(filter: AuditFilter, format: keyof typeof kinds): Promise<Blob> {
  const url = new URL(ownUrl('/api/v1/audit'));
  for (const [name, value] of Object.entries(auditParameters(filter))) if (value !== undefined) url.searchParams.set(name, value);
  const response = await fetch(url, { headers: { Accept: kinds[format] }, signal: AbortSignal.timeout(exportDeadlineMs) });
  if (!response.ok) throw problemFrom(await response.json().catch(() => undefined), response);
  return await response.blob();
}
