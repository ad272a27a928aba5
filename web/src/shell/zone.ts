import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { aboutQuery } from '@/api/queries';
import { zoneChoice } from '@/lib/preferences';
import { useStore } from '@/lib/store';
import { deviceZone, showTimesIn } from '@/lib/time';

/** Shows times in the zone that was chosen, the console's unless one says otherwise. True once it is known, or can't be. */
export function useShownZone(): boolean {
  const { data, isPending } = useQuery(aboutQuery);
  const choice = useStore(zoneChoice);
  const zone = { console: data?.time_zone, device: deviceZone(), utc: 'UTC' }[choice];
  const [tried, setTried] = useState(false);
  useEffect(() => {
    if (zone !== undefined) showTimesIn(zone);
    setTried(!isPending);
  }, [zone, isPending]);
  return tried;
}
