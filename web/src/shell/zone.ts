import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { aboutQuery } from '@/api/queries';
import { showTimesIn } from '@/lib/time';

/** Shows times in the server's zone: the one of the log lines beside them. */
export function useServerZone(): void {
  const zone = useQuery(aboutQuery).data?.time_zone;
  useEffect(() => {
    if (zone !== undefined) showTimesIn(zone);
  }, [zone]);
}
