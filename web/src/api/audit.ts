import { ownUrl } from '../lib/env';
import { api, take } from './client';
import { type AuditFilter, auditParameters } from './queries';
import type { AuditCheck } from './types';

/** Checks the chain of the whole log on the server. */
export function verifyAudit(): Promise<AuditCheck> {
  return take(api.GET('/api/v1/audit/verify'));
}

/** Where the filtered log can be fetched as a file. */
export function auditExportUrl(filter: AuditFilter, format: 'csv' | 'ndjson'): string {
  const query = new URLSearchParams({ format });
  for (const [name, value] of Object.entries(auditParameters(filter))) if (value !== undefined) query.set(name, value);
  return ownUrl(`/api/v1/audit/export?${query}`);
}
