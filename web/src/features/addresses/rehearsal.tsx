import { t } from '@lingui/core/macro';
import { useQuery } from '@tanstack/react-query';
import { ban } from '@/api/changes';
import { jailsQuery } from '@/api/queries';
import type { Jail, Outcome } from '@/api/types';
import { closesInWords } from '@/api/words';
import { visible } from '@/lib/plain';
import { forHowLong } from '@/lib/time';
import { Badge, type Tone } from '@/ui/badge';
import { Card } from '@/ui/card';
import { JailLink } from '@/ui/links';
import { Bars, Failure } from '@/ui/states';

function word(outcome: Outcome['outcome'] | undefined): { word: string; tone: Tone } {
  switch (outcome) {
    case 'would_ban':
      return { word: t`would be banned`, tone: 'accent' };
    case 'already_banned':
      return { word: t`is banned`, tone: 'neutral' };
    case 'needs_confirmation':
      return { word: t`needs a second yes`, tone: 'warn' };
    default:
      return { word: t`refused`, tone: 'danger' };
  }
}

/** What would happen in each jail if it were banned there; nothing is done. */
export function Rehearsal({ address }: { address: string }) {
  const jails = (useQuery(jailsQuery).data ?? []).filter((j) => j.state !== 'stopped');
  const names = jails.map((j) => j.name);
  const query = useQuery({
    queryKey: ['address', address, 'rehearsal', names],
    queryFn: ({ signal }) => ban({ addresses: [address], jails: names, dry_run: true }, signal),
    enabled: names.length > 0,
  });
  if (names.length === 0) return null;
  return (
    <Card title={t`If it were banned`} flush>
      {query.isError ? (
        <Failure inset error={query.error} retry={() => void query.refetch()} />
      ) : query.data === undefined ? (
        <Bars lines={2} className="p-4" />
      ) : (
        <ul className="divide-y divide-line">
          {jails.map((jail) => (
            <Line key={jail.name} jail={jail} outcome={query.data.find((o) => o.jail === jail.name)} />
          ))}
        </ul>
      )}
    </Card>
  );
}

function Line({ jail, outcome }: { jail: Jail; outcome: Outcome | undefined }) {
  const said = word(outcome?.outcome);
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2 text-sm">
      <span className="md:min-w-32">
        <JailLink jail={jail.name} />
      </span>
      <Badge tone={said.tone}>{said.word}</Badge>
      <span className="text-muted">{t`closes ${closesInWords(jail.closes)}`}</span>
      <span className="text-muted">{forHowLong(jail.ban_seconds)}</span>
      {outcome?.detail != null && <span className="basis-full text-muted wrap-anywhere">{visible(outcome.detail)}</span>}
    </li>
  );
}
