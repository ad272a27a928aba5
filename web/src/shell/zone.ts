import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { aboutQuery } from '@/api/queries';
import { showTimesIn } from '@/lib/time';

/** Shows times in the server's zone: the one of the log lines beside them. True once it is known, or can't be. */
export function useServerZone(): boolean {
  const { data, isPending } = useQuery(aboutQuery);
  const zone = data?.time_zone;
  const [tried, setTried] = useState(false);
  useEffect(() => {
    if (zone !== undefined) showTimesIn(zone);
    setTried(!isPending);
  }, [zone, isPending]);
  return tried;
}
