import { useQuery } from '@tanstack/react-query';
import { gapsWithin } from '@/api/gaps';
import { gapsQuery, type HistoryFilter } from '@/api/queries';
import { GapNote } from '@/ui/gap-note';

/** Says of which times in the period bans may be missing. */
export function Gaps({ filter }: { filter: HistoryFilter }) {
  const gaps = gapsWithin(useQuery(gapsQuery).data ?? [], filter);
  return <GapNote gaps={gaps} className="mx-6 mb-3 max-md:mx-4" />;
}
