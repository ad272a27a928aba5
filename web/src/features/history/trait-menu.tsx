import { t } from '@lingui/core/macro';
import { CircleMinus, Filter } from 'lucide-react';
import type { Ban } from '@/api/types';
import { visible } from '@/lib/plain';
import { type MenuEntry, SharedMenu } from '@/ui/menu';
import { type HistoryView, type Trait, withTrait } from './view';
import { traitInWords } from './words';

interface TraitMenuProps {
  at: { ban: Ban; anchor: HTMLElement } | undefined;
  view: HistoryView;
  onView: (next: HistoryView) => void;
  onClose: () => void;
}

/** Narrows the list to what a ban has, or leaves out all that has it. */
export function TraitMenu({ at, view, onView, onClose }: TraitMenuProps) {
  return <SharedMenu anchor={at?.anchor ?? null} entries={at === undefined ? [] : entriesOf(at.ban, view, onView)} onClose={onClose} />;
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
