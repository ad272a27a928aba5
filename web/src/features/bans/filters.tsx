import { t } from '@lingui/core/macro';
import { useQuery } from '@tanstack/react-query';
import { Search, X } from 'lucide-react';
import { type RefObject, useEffect, useState } from 'react';
import { type BanFilter, jailsQuery } from '@/api/queries';
import { parseTarget } from '@/lib/address';
import { visible } from '@/lib/plain';
import { Chip } from '@/ui/chip';

/** What the page's address says about the list. */
export interface BanView {
  state: BanFilter['state'];
  jail: string;
  q: string;
}

/** A whole address or prefix is looked up as such; anything else is text in the address. */
export function toFilter({ state, jail, q }: BanView): BanFilter {
  const target = parseTarget(q);
  return target === undefined ? { state, jail, ip: '', q: q.trim() } : { state, jail, ip: target.text, q: '' };
}

interface BanFiltersProps {
  view: BanView;
  onView: (next: BanView, replace?: boolean) => void;
  field: RefObject<HTMLInputElement | null>;
}

const typingMs = 250;

/** Search, jail and state of the list; each change is a new address of the page. */
export function BanFilters({ view, onView, field }: BanFiltersProps) {
  const [text, setText] = useState(view.q);
  useEffect(() => setText(view.q), [view.q]);
  useEffect(() => {
    if (text === view.q) return;
    const timer = setTimeout(() => onView({ ...view, q: text }, true), typingMs);
    return () => clearTimeout(timer);
  }, [text, view, onView]);
  return (
    <div className="flex flex-wrap items-center gap-2 px-6 pb-3 max-md:px-4">
      <search className="relative min-w-0 flex-1 max-md:basis-full md:max-w-80">
        <Search className="pointer-events-none absolute top-1/2 left-2.5 size-4 -translate-y-1/2 text-muted" aria-hidden />
        <input
          ref={field}
          type="text"
          inputMode="text"
          autoComplete="off"
          spellCheck={false}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => event.key === 'Escape' && (text === '' ? event.currentTarget.blur() : setText(''))}
          placeholder={t`Address, network or part of one`}
          aria-label={t`Search bans by address`}
          className="h-(--control) w-full rounded-md border border-line-strong bg-surface pr-8 pl-8 text-sm max-md:text-lg"
        />
        {text !== '' && (
          <button
            type="button"
            aria-label={t`Clear search`}
            onClick={() => setText('')}
            className="absolute top-1/2 right-0.5 inline-flex size-7 -translate-y-1/2 items-center justify-center rounded text-muted hover:bg-hover max-md:size-10"
          >
            <X className="size-4" aria-hidden />
          </button>
        )}
      </search>
      <JailChoice jail={view.jail} onJail={(jail) => onView({ ...view, jail })} />
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would draw a frame of its own */}
      <div className="flex items-center gap-1.5" role="group" aria-label={t`Which bans`}>
        <Chip pressed={view.state === 'active'} onClick={() => onView({ ...view, state: 'active' })}>{t`Active`}</Chip>
        <Chip pressed={view.state === 'ended'} onClick={() => onView({ ...view, state: 'ended' })}>{t`Ended`}</Chip>
        <Chip pressed={view.state === 'all'} onClick={() => onView({ ...view, state: 'all' })}>{t`All`}</Chip>
      </div>
    </div>
  );
}

function JailChoice({ jail, onJail }: { jail: string; onJail: (jail: string) => void }) {
  const names = (useQuery(jailsQuery).data ?? []).map((j) => j.name);
  // A link may name a jail that is gone; its bans are still in the list of ended ones.
  const all = jail === '' || names.includes(jail) ? names : [...names, jail];
  return (
    <select
      aria-label={t`Jail`}
      value={jail}
      onChange={(event) => onJail(event.target.value)}
      className="h-(--control) max-w-44 min-w-0 rounded-md max-md:flex-1 border border-line-strong bg-surface px-2 text-sm max-md:text-lg"
    >
      <option value="">{t`All jails`}</option>
      {all.map((name) => (
        <option key={name} value={name}>
          {visible(name)}
        </option>
      ))}
    </select>
  );
}

/** The filter in words, for the list that it left empty. */
export function filterInWords({ state, jail, q }: BanView): string {
  const kind = state === 'active' ? t`active bans` : state === 'ended' ? t`ended bans` : t`bans`;
  const inJail = jail === '' ? '' : t`in jail ${visible(jail)}`;
  const text = q === '' ? '' : t`matching “${visible(q)}”`;
  return [kind, inJail, text].filter(Boolean).join(' ');
}
