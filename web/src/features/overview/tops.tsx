import { t } from '@lingui/core/macro';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { geoQuery } from '@/api/queries';
import { type StatsProperty, splitQuery } from '@/api/stats';
import type { StatsGroup } from '@/api/types';
import { Card } from '@/ui/card';
import { classes } from '@/ui/classes';
import { Credits } from '@/ui/credits';
import { type Rank, Ranks } from '@/ui/ranks';
import { Bars, Empty, Failure } from '@/ui/states';
import { flip, isCounted, type Narrowing, type OverviewView, toFilter, toHistory } from './view';
import { changeInWords, groupName } from './words';

const narrows: Record<StatsProperty, Narrowing> = { jail: 'jail', country: 'country', network: 'asn', origin: 'origin', host: 'host' };

interface TopProps {
  view: OverviewView;
  onView: (next: OverviewView) => void;
}

/** Who is behind the bans of the time: each row narrows the page to it. */
export function Tops({ view, onView }: TopProps) {
  return (
    <>
      <div className="grid gap-4 md:grid-cols-2 xl:grid-cols-4">
        <Top property="jail" title={t`Jails`} view={view} onView={onView} />
        <Top property="country" title={t`Countries`} view={view} onView={onView} />
        <Top property="network" title={t`Networks`} view={view} onView={onView} />
        <div className="flex min-w-0 flex-col gap-4">
          <Top property="origin" title={t`Banned by`} view={view} onView={onView} />
          <Hosts view={view} onView={onView} />
        </div>
      </div>
      <PlaceCredits />
    </>
  );
}

/** Whose data says where the addresses are: their licences want it here, with the links. */
function PlaceCredits() {
  const { data } = useQuery(geoQuery);
  return <Credits credits={(data?.databases ?? []).flatMap((d) => d.credits)} />;
}

/** Which host bans, where there is more than one. */
function Hosts({ view, onView }: TopProps) {
  const several = (useQuery(splitQuery('host', toFilter({ ...view, host: '' }))).data?.items ?? []).length > 1;
  return several || view.host !== '' ? <Top property="host" title={t`Hosts`} view={view} onView={onView} /> : null;
}

function Top({ property, title, view, onView }: TopProps & { property: StatsProperty; title: string }) {
  const counted = isCounted(property, view);
  const query = useQuery({ ...splitQuery(property, toFilter(view)), enabled: counted });
  const name = narrows[property];
  const rankOf = ({ key, name: called, bans, bans_before }: StatsGroup): Rank => {
    const known = key !== '' && key !== '0';
    return {
      key,
      name: groupName(property, key, called),
      value: bans,
      title: changeInWords(bans, bans_before),
      onChoose: known ? () => onView(flip(view, name, key)) : undefined,
      chosen: view[name] === key,
    };
  };
  return (
    <Card title={title} flush className={classes(query.isPlaceholderData && counted && 'opacity-60')}>
      {!counted ? (
        <NotCounted property={property} view={view} />
      ) : query.data === undefined ? (
        query.isError ? (
          <Failure inset error={query.error} retry={() => void query.refetch()} />
        ) : (
          <Bars lines={6} className="p-4" />
        )
      ) : (query.data.items ?? []).length === 0 ? (
        <Empty>{t`No ban in this time.`}</Empty>
      ) : (
        <Ranks ranks={(query.data.items ?? []).map(rankOf)} others={query.data.others} />
      )}
    </Card>
  );
}

/** Better no figure than a wrong one. */
function NotCounted({ property, view }: { property: StatsProperty; view: OverviewView }) {
  return (
    <div className="flex flex-col items-start gap-2 p-4 text-sm text-muted">
      <p>{reasonInWords(property, view)}</p>
      <Link to="/history" search={toHistory(view)} className="text-accent underline">
        {t`See the bans themselves`}
      </Link>
    </div>
  );
}

function reasonInWords(property: StatsProperty, view: OverviewView): string {
  if (property === 'network') return t`Networks are counted for all bans only, not for a jail, a country or who banned.`;
  if (view.asn !== '') return t`This is not counted for a single network.`;
  return t`Countries and who banned are not counted together.`;
}
