import { t } from '@lingui/core/macro';
import { CircleMinus, Filter } from 'lucide-react';
import type { Ban } from '@/api/types';
import { visible } from '@/lib/plain';
import { type MenuEntry, SharedMenu } from '@/ui/menu';
import { type HistoryView, type Trait, withTrait } from './view';
import { traitInWords } from './words';

interface TraitMenuProps {
  at: { ban: Ban; anchor: HTMLElement } | undefined;
  /** Whether there are bans of more hosts than one. */
  several: boolean;
  view: HistoryView;
  onView: (next: HistoryView) => void;
  onClose: () => void;
}

/** Narrows the list to what a ban has, or leaves out all that has it. */
export function TraitMenu({ at, several, view, onView, onClose }: TraitMenuProps) {
  const entries = at === undefined ? [] : entriesOf(at.ban, view, onView);
  if (at !== undefined && several) entries.push(onlyHost(at.ban, view, onView));
  return <SharedMenu anchor={at?.anchor ?? null} entries={entries} onClose={onClose} />;
}

function onlyHost({ host }: Ban, view: HistoryView, onView: (next: HistoryView) => void): MenuEntry {
  return { label: t`Only host ${visible(host)}`, icon: <Filter aria-hidden />, apart: true, onSelect: () => onView({ ...view, host }) };
}

function traitsOf({ jail, country, asn, origin }: Ban): [Trait, string][] {
  const traits: [Trait, string][] = [['jail', jail]];
  if (country !== null) traits.push(['country', country]);
  if (asn !== null) traits.push(['asn', String(asn)]);
  return [...traits, ['origin', origin]];
}

function entriesOf(ban: Ban, view: HistoryView, onView: (next: HistoryView) => void): MenuEntry[] {
  const address = visible(ban.address);
  const only: MenuEntry = {
    label: t`Only ${address}`,
    icon: <Filter aria-hidden />,
    onSelect: () => onView({ ...view, q: ban.address }),
  };
  const pairs = traitsOf(ban).flatMap(([trait, value]): MenuEntry[] => {
    const name = traitInWords(trait, value);
    return [
      { label: t`Only ${name}`, icon: <Filter aria-hidden />, apart: true, onSelect: () => onView(withTrait(view, 'only', trait, value)) },
      { label: t`Without ${name}`, icon: <CircleMinus aria-hidden />, onSelect: () => onView(withTrait(view, 'without', trait, value)) },
    ];
  });
  return [only, ...pairs];
}
