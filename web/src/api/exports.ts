import { ownUrl } from '../lib/env';
import { problemFrom } from '../lib/problem';

const kinds = { csv: 'text/csv', ndjson: 'application/x-ndjson' } as const;
const exportDeadlineMs = 600_000;

export type ExportFormat = keyof typeof kinds;

/** All of a list as a file, whole; what breaks off on the way is a problem and no file. */
export async function exportList(
  path: string,
  parameters: Record<string, string | number | readonly (string | number)[] | undefined>,
  format: ExportFormat,
): Promise<Blob> {
  const url = new URL(ownUrl(path));
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of [value ?? []].flat()) url.searchParams.append(name, String(one));
  }
  const response = await fetch(url, { headers: { Accept: kinds[format] }, signal: AbortSignal.timeout(exportDeadlineMs) });
  if (!response.ok) throw problemFrom(await response.json().catch(() => undefined), response);
  return await response.blob();
}
