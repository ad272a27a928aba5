import { plural, t } from '@lingui/core/macro';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { placeInWords, specialInWords } from '@/api/places';
import { banCountQuery, geoQuery } from '@/api/queries';
import type { Address } from '@/api/types';
import { useCountdown } from '@/lib/clock';
import { visible } from '@/lib/plain';
import { expiry, relativeTime } from '@/lib/time';
import { Badge, type Tone } from '@/ui/badge';
import { Credits } from '@/ui/credits';

/** A network that is not banned may still be full of addresses that are. */
function Inside({ data }: { data: Address }) {
  const all = useQuery(banCountQuery({ state: 'active', jail: '', ip: data.address, q: '' })).data;
  const inside = (all?.count ?? 0) - data.bans.length;
  if (inside <= 0) return null;
  return (
    <Link to="/bans" search={{ q: data.address }} className="text-sm text-accent underline">
      {plural(inside, { one: '# active ban inside it', other: '# active bans inside it' })}
    </Link>
  );
}

/** Whether it is banned, in one sentence. */
export function verdictInWords({ bans, covered_by }: Address, now: number): { text: string; tone: Tone; word: string } {
  const [first] = bans;
  const jails = bans.map((b) => visible(b.jail)).join(', ');
  if (first !== undefined) {
    const since = relativeTime(first.banned_at, now, 'long');
    const over = first.expires_at === null || Date.parse(first.expires_at) <= now;
    const until = over ? expiry(first.expires_at, first.ban_seconds, now) : relativeTime(first.expires_at ?? '', now, 'long');
    const text =
      bans.length === 1 ? t`Banned in ${jails} ${since}; ends ${until}.` : t`Banned in ${bans.length} jails (${jails}), last ${since}.`;
    return { text, tone: 'accent', word: t`Banned` };
  }
  const [network] = covered_by;
  if (network !== undefined) {
    return {
      text: t`Not banned itself, but its network ${visible(network.address)} is, in ${visible(network.jail)}.`,
      tone: 'accent',
      word: t`Banned by its network`,
    };
  }
  return { text: t`Not banned by fail2ban now.`, tone: 'ok', word: t`Not banned` };
}

/** The answer, and what else a reader should know at once. */
export function Verdict({ data }: { data: Address }) {
  const now = useCountdown(data.bans[0]?.expires_at ?? null);
  const { text, tone, word } = verdictInWords(data, now);
  const failures = data.bans.reduce((sum, b) => sum + (b.failures ?? 0), 0);
  const facts = [
    failures > 0 ? plural(failures, { one: '# failure led to it.', other: '# failures led to it.' }) : '',
    data.history.length > 0 ? plural(data.history.length, { one: 'Banned # time before.', other: 'Banned # times before.' }) : '',
    data.first_seen === null ? '' : t`First seen ${relativeTime(data.first_seen, now, 'long')}.`,
    specialInWords(data),
    data.kind === 'other' ? t`This is no address: fail2ban bans it as a plain id.` : '',
  ].filter(Boolean);
  const place = placeInWords(data);
  return (
    <div className="flex flex-col gap-2 rounded-lg border border-line bg-surface p-4">
      <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-lg">
        <Badge tone={tone}>{word}</Badge>
        <span>{text}</span>
      </p>
      {place !== '' && <p className="text-sm wrap-anywhere">{place}</p>}
      {facts.length > 0 && <p className="text-sm text-muted">{facts.join(' ')}</p>}
      {data.kind === 'network' && <Inside data={data} />}
      {data.protected !== null && (
        <p className="text-sm text-warn">{t`Protected: BanGUI refuses to ban it. ${visible(data.protected.reason)}`}</p>
      )}
      {place !== '' && <PlaceCredits />}
    </div>
  );
}

/** Whose data says where the address is: their licences want it here, with the links. */
function PlaceCredits() {
  const { data } = useQuery(geoQuery);
  return <Credits credits={(data?.databases ?? []).flatMap((d) => d.credits)} />;
}
