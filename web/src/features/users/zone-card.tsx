import { t } from '@lingui/core/macro';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { aboutQuery } from '@/api/queries';
import { chooseZone, type ZoneChoice, zoneChoice } from '@/lib/preferences';
import { useStore } from '@/lib/store';
import { deviceZone, timeZone } from '@/lib/time';
import { Card } from '@/ui/card';
import { Pick } from '@/ui/pick';

/** Another zone draws the page anew; who chose it with the keyboard is to be where he was. */
let chosen = false;

/** In whose zone this browser shows times. */
export function ZoneCard() {
  const choice = useStore(zoneChoice);
  const { data } = useQuery(aboutQuery);
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (chosen) place.current?.querySelector<HTMLInputElement>('input:checked')?.focus();
    chosen = false;
  }, []);
  const pick = (next: ZoneChoice) => {
    chosen = timeZone.get() !== { console: data?.time_zone, device: deviceZone(), utc: 'UTC' }[next];
    chooseZone(next);
  };
  return (
    <Card title={t`Times`}>
      <div ref={place}>
        <Pick
          legend={t`In this browser the page shows times in`}
          name="zone"
          choices={[
            { value: 'console', label: t`the console's zone`, note: data?.time_zone },
            { value: 'device', label: t`this device's zone`, note: deviceZone() },
            { value: 'utc', label: 'UTC' },
          ]}
          value={choice}
          onPick={pick}
        />
      </div>
      <p className="pt-3 text-sm text-muted">{t`Background jobs run by the console's zone, and fail2ban's log lines keep the time that they were written with.`}</p>
    </Card>
  );
}
