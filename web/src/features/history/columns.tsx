import { t } from '@lingui/core/macro';
import { lengthOf } from '@/api/ends';
import { placeInWords } from '@/api/places';
import type { Ban } from '@/api/types';
import { originInWords } from '@/api/words';
import { useNow } from '@/lib/clock';
import { visible } from '@/lib/plain';
import { duration, fullTime } from '@/lib/time';
import type { Column } from '@/ui/grid/row';
import { AddressLink, JailLink } from '@/ui/links';
import { When } from '@/ui/when';
import { endingInWords } from './words';

function Ending({ ban }: { ban: Ban }) {
  const now = useNow();
  const at = ban.ended_at ?? ban.expires_at;
  const words = endingInWords(ban, now);
  return <span title={at === null ? words : `${words} (${fullTime(at)})`}>{words}</span>;
}

/** The country's code and the network, as a column has room for. */
function shortPlace({ country, asn, network }: Ban): string {
  const owner = network ?? (asn === null ? null : `AS${asn}`);
  return [country, owner]
    .map((part) => visible(part ?? ''))
    .filter(Boolean)
    .join(' · ');
}

function Place({ ban }: { ban: Ban }) {
  const place = placeInWords({ ...ban, city: null, special: null });
  return (
    <span className="text-muted" title={place}>
      {shortPlace(ban) || '–'}
    </span>
  );
}

/** The columns of the history. */
export function historyColumns(): Column<Ban>[] {
  return [
    { id: 'banned', header: t`Banned`, width: '112px', cell: ({ banned_at }) => <When at={banned_at} as="clock" /> },
    {
      id: 'address',
      header: t`Address`,
      width: 'minmax(220px, 1.1fr)',
      cell: ({ address }, tabIndex) => <AddressLink address={address} max={27} tabIndex={tabIndex} />,
    },
    { id: 'place', header: t`From`, width: 'minmax(130px, 1.3fr)', cell: (ban) => <Place ban={ban} /> },
    {
      id: 'jail',
      header: t`Jail`,
      width: 'minmax(104px, 0.7fr)',
      cell: ({ jail }, tabIndex) => <JailLink jail={jail} tabIndex={tabIndex} />,
    },
    { id: 'lasts', header: t`Lasts`, width: '76px', cell: (ban) => duration(lengthOf(ban)) },
    { id: 'end', header: t({ message: 'End', context: 'of a ban' }), width: 'minmax(150px, 1fr)', cell: (ban) => <Ending ban={ban} /> },
    {
      id: 'by',
      header: t`By`,
      width: 'minmax(70px, 0.8fr)',
      cell: (ban) => (
        <span className={ban.origin === 'fail2ban' ? 'text-muted' : ''} title={originInWords(ban)}>
          {originInWords(ban)}
        </span>
      ),
    },
  ];
}

/** On phones a ban is a card of two lines. */
export function historyCard(): Column<Ban>[] {
  return [
    {
      id: 'card',
      header: t`History`,
      width: 'minmax(0, 1fr)',
      cell: (ban, tabIndex) => (
        <div className="flex flex-col gap-0.5">
          <div className="flex items-center justify-between gap-2">
            <AddressLink address={ban.address} tabIndex={tabIndex} max={24} />
            <JailLink jail={ban.jail} tabIndex={tabIndex} />
          </div>
          <div className="flex justify-between gap-2 text-xs text-muted">
            <span className="shrink-0">
              {ban.country !== null && `${visible(ban.country)} · `}
              <When at={ban.banned_at} as="clock" />
            </span>
            <span className="min-w-0 truncate">
              <Ending ban={ban} />
            </span>
          </div>
        </div>
      ),
    },
  ];
}
