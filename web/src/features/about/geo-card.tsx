import { t } from '@lingui/core/macro';
import { useQuery } from '@tanstack/react-query';
import { databaseInWords } from '@/api/places';
import { geoQuery } from '@/api/queries';
import type { GeoDatabase } from '@/api/types';
import { visible } from '@/lib/plain';
import { dayOf } from '@/lib/time';
import { Card } from '@/ui/card';
import { Credit } from '@/ui/credits';
import { Bars, Failure } from '@/ui/states';

/** Which databases say where an address is, how old they are, and whose data it is. */
export function GeoCard() {
  const geo = useQuery(geoQuery);
  return (
    <Card title={t`Countries and networks`}>
      {geo.data ? (
        <ul className="flex flex-col gap-3 text-sm">
          {geo.data.databases.map((database) => (
            <Database key={database.kind} database={database} />
          ))}
        </ul>
      ) : geo.isError ? (
        <Failure error={geo.error} retry={() => void geo.refetch()} />
      ) : (
        <Bars lines={3} />
      )}
    </Card>
  );
}

function source({ source, path }: GeoDatabase): string {
  switch (source) {
    case 'product':
      return t`came with BanGUI`;
    case 'file':
      return visible(path ?? '');
    default:
      return t`none`;
  }
}

function Database({ database }: { database: GeoDatabase }) {
  const { kind, built, problem, mend, credits } = database;
  return (
    <li className="flex flex-col gap-1">
      <span className="flex flex-wrap justify-between gap-x-4">
        <span>
          {databaseInWords(kind)}: <span className="wrap-anywhere">{source(database)}</span>
        </span>
        {built !== null && <span className="text-muted">{t`data of ${dayOf(built)}`}</span>}
      </span>
      {problem !== null && (
        <span className="text-warn">
          {visible(problem)} {visible(mend ?? '')}
        </span>
      )}
      {credits.map((credit) => (
        <span key={credit.text} className="flex flex-wrap justify-between gap-x-4 gap-y-1 text-xs leading-6 text-muted">
          <Credit credit={credit} />
          {credit.licence}
        </span>
      ))}
    </li>
  );
}
