import { t } from '@lingui/core/macro';
import type { Ban } from '@/api/types';
import { endInWords, endsInWords } from '@/api/words';
import { countryName } from '@/lib/country';
import { visible } from '@/lib/plain';
import { shortTime } from '@/lib/time';
import { type HistoryView, splitNot, type Trait } from './view';

/** When and how a ban ended, or when it will. */
export function endingInWords(ban: Ban, now: number): string {
  if (ban.ended_at === null) return endsInWords(ban, now);
  return `${endInWords(ban.end_reason)}, ${shortTime(ban.ended_at, now)}`;
}

/** The filter in words, for the list that it left empty. */
export function filterInWords(view: HistoryView): string {
  const { state } = view;
  return `${state === 'active' ? t`active bans` : state === 'ended' ? t`ended bans` : t`bans`} ${restInWords(view)}`.trim();
}

/** The same for where "bans" is what is shown, and not what there are none of. */
function shownInWords(view: HistoryView): string {
  const kinds = {
    all: t({ message: 'bans', context: 'which are shown' }),
    active: t({ message: 'active bans', context: 'which are shown' }),
    ended: t({ message: 'ended bans', context: 'which are shown' }),
  };
  return `${kinds[view.state]} ${restInWords(view)}`.trim();
}

function restInWords({ jail, q, country, asn, origin, host, text, range, from, to, not }: HistoryView): string {
  return [
    origin === 'manual' && t`made by hand`,
    origin === 'fail2ban' && t`made by fail2ban`,
    jail !== '' && t`in jail ${visible(jail)}`,
    q !== '' && t`matching “${visible(q)}”`,
    country !== '' && t`from ${visible(countryName(country))}`,
    asn !== '' && t`of network AS${asn}`,
    host !== '' && t`on host ${visible(host)}`,
    text !== '' && t`with “${visible(text)}” in a log line`,
    range + from + to !== '' && t`in this period`,
    not.length > 0 && t`without what is left out`,
  ]
    .filter(Boolean)
    .join(' ');
}

/** The filter in words for where it is not shown: with its period, and each thing that it leaves out. */
export function filterInFull(view: HistoryView): string {
  const { range, from, to, not } = view;
  const ranges = { '24h': t`24 hours`, '7d': t`7 days`, '30d': t`30 days`, '365d': t`365 days` };
  const left = not
    .map(splitNot)
    .filter((one) => one !== undefined)
    .map(([trait, value]) => traitInWords(trait, value))
    .join(', ');
  return [
    shownInWords({ ...view, range: '', from: '', to: '', not: [] }),
    range !== '' && t`of the last ${ranges[range]}`,
    from !== '' && t`from ${from.replace('T', ' ')} on`,
    to !== '' && t`until ${to.replace('T', ' ')}`,
    left !== '' && t`without ${left}`,
  ]
    .filter(Boolean)
    .join(', ');
}

/** What a trait's value is called: jail sshd, AS64500. */
export function traitInWords(trait: Trait, value: string): string {
  switch (trait) {
    case 'jail':
      return t`jail ${visible(value)}`;
    case 'country':
      return visible(countryName(value));
    case 'asn':
      return `AS${value}`;
    default:
      return value === 'manual' ? t`bans by hand` : t`bans by fail2ban`;
  }
}
