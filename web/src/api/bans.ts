import { type ExportFormat, exportList } from './exports';
import { type HistoryFilter, historyParameters } from './queries';

/** All bans that a filter lets through as a file. */
export function exportBans(filter: HistoryFilter, format: ExportFormat): Promise<Blob> {
  return exportList('/api/v1/bans', historyParameters(filter), format);
}
