import { t } from '@lingui/core/macro';
import { useQuery } from '@tanstack/react-query';
import { type RefObject, useState } from 'react';
import { jailsQuery } from '@/api/queries';
import { usePhone } from '@/lib/media';
import { visible } from '@/lib/plain';
import { number } from '@/lib/time';
import { Button } from '@/ui/button';
import { Chip } from '@/ui/chip';
import { Choice, Day, Typed } from '@/ui/filter-fields';
import { type HistoryView, readAsn, readCountry } from './view';

interface FilterProps {
  view: HistoryView;
  onView: (next: HistoryView, replace?: boolean) => void;
}

/** Where, who, when and what; each change is a new address of the page. */
export function HistoryFilters({ view, onView, field }: FilterProps & { field: RefObject<HTMLInputElement | null> }) {
  const phone = usePhone();
  const [more, setMore] = useState(false);
  const hidden = [view.jail, view.country, view.asn, view.origin, view.range + view.from + view.to, view.text].filter(Boolean).length;
  return (
    <search className="flex flex-col gap-2 px-6 pb-3 max-md:px-4">
      <div className="flex flex-wrap items-center gap-2">
        <Typed
          ref={field}
          label={t`Address, network or part of one`}
          value={view.q}
          onValue={(q) => onView({ ...view, q }, true)}
          className="w-72 max-md:w-full"
        />
        <States view={view} onView={onView} />
        {phone && (
          <Button size="small" aria-expanded={more} onClick={() => setMore(!more)}>
            {hidden === 0 ? t`More filters` : t`More filters (${number(hidden)})`}
          </Button>
        )}
        {!phone && <Ranges view={view} onView={onView} />}
      </div>
      {(more || !phone) && (
        <div className="flex flex-wrap items-center gap-2">
          {phone && <Ranges view={view} onView={onView} />}
          <Rest view={view} onView={onView} />
        </div>
      )}
    </search>
  );
}

function States({ view, onView }: FilterProps) {
  const states = [
    ['all', t`All`],
    ['active', t`Active`],
    ['ended', t`Ended`],
  ] as const;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would draw a frame of its own
    <div className="flex items-center gap-1.5" role="group" aria-label={t`Which bans`}>
      {states.map(([state, label]) => (
        <Chip key={state} pressed={view.state === state} onClick={() => onView({ ...view, state })}>
          {label}
        </Chip>
      ))}
    </div>
  );
}

function Ranges({ view, onView }: FilterProps) {
  const ranges = [
    ['24h', t`24 hours`],
    ['7d', t`7 days`],
    ['30d', t`30 days`],
    ['365d', t`365 days`],
  ] as const;
  const always = view.range + view.from + view.to === '';
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would draw a frame of its own
    <div className="flex flex-wrap items-center gap-1.5" role="group" aria-label={t`Period`}>
      <Chip pressed={always} onClick={() => onView({ ...view, range: '', from: '', to: '' })}>
        {t`Always`}
      </Chip>
      {ranges.map(([range, label]) => (
        <Chip key={range} pressed={view.range === range} onClick={() => onView({ ...view, range, from: '', to: '' })}>
          {label}
        </Chip>
      ))}
    </div>
  );
}

function Rest({ view, onView }: FilterProps) {
  const narrow = 'w-28 max-md:flex-[1_0_40%]';
  return (
    <>
      <Day label={t`from`} value={view.from} onValue={(from) => onView({ ...view, from, range: '' })} />
      <Day label={t`to`} value={view.to} onValue={(to) => onView({ ...view, to, range: '' })} />
      <JailChoice view={view} onView={onView} />
      <Choice
        label={t`Banned by`}
        value={view.origin}
        onValue={(origin) => onView({ ...view, origin: origin === 'manual' || origin === 'fail2ban' ? origin : '' })}
        choices={[
          ['', t`By anybody`],
          ['fail2ban', t`By fail2ban`],
          ['manual', t`By hand`],
        ]}
      />
      <Typed
        label={t`Country`}
        value={view.country}
        read={readCountry}
        hint={t`Two letters, such as NL`}
        onValue={(country) => onView({ ...view, country }, true)}
        className={narrow}
      />
      <Typed
        label={t`AS number`}
        value={view.asn}
        read={readAsn}
        hint={t`A number, such as AS15169`}
        onValue={(asn) => onView({ ...view, asn }, true)}
        className={narrow}
      />
      <Typed
        label={t`Text in log lines`}
        value={view.text}
        onValue={(text) => onView({ ...view, text }, true)}
        className="w-44 max-md:w-full"
      />
    </>
  );
}

function JailChoice({ view, onView }: FilterProps) {
  const names = (useQuery(jailsQuery).data ?? []).map((j) => j.name);
  // Its bans are still there when a jail is gone.
  const all = view.jail === '' || names.includes(view.jail) ? names : [...names, view.jail];
  return (
    <Choice
      label={t`Jail`}
      value={view.jail}
      onValue={(jail) => onView({ ...view, jail })}
      choices={[['', t`All jails`], ...all.map((name) => [name, visible(name)] as const)]}
      className="max-w-44"
    />
  );
}
