import { plural, t } from '@lingui/core/macro';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useMemo, useState } from 'react';
import { gapsWithin } from '@/api/gaps';
import { gapsQuery } from '@/api/queries';
import { trendQuery } from '@/api/stats';
import type { Gap, StatsTrend } from '@/api/types';
import { visible } from '@/lib/plain';
import { number, wallTime } from '@/lib/time';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import type { Bars } from '@/ui/chart/stack';
import { classes } from '@/ui/classes';
import { GapNote } from '@/ui/gap-note';
import { Failure } from '@/ui/states';
import { TrendTable } from './trend-table';
import { flip, type OverviewView, toFilter } from './view';
import { barInWords } from './words';

const TimeChart = lazy(() => import('@/ui/chart/time-chart').then((m) => ({ default: m.TimeChart })));

/** A part of the chart: a jail, or what is in none of those that have a colour. */
export interface Part {
  /** undefined = the rest. */
  jail: string | undefined;
  name: string;
  bans: number[];
  total: number;
}

const tokens = ['series-1', 'series-2', 'series-3', 'series-4', 'series-5', 'line-strong'];
const swatches = ['bg-series-1', 'bg-series-2', 'bg-series-3', 'bg-series-4', 'bg-series-5', 'bg-line-strong'];
const restColour = tokens.length - 1;

const sum = (values: readonly number[]) => values.reduce((all, one) => all + one, 0);

/** The bars of a trend by jail, and the rest of each. */
export function partsOf({ points, parts }: Pick<StatsTrend, 'points' | 'parts'>): Part[] {
  const named = (parts ?? []).map(({ key, bans }): Part => {
    const values = bans ?? [];
    return { jail: key, name: visible(key), bans: values, total: sum(values) };
  });
  const rest = (points ?? []).map(({ bans }, i) => bans - sum(named.map((part) => part.bans[i] ?? 0)));
  if (sum(rest) === 0 && named.length > 0) return named;
  return [...named, { jail: undefined, name: named.length === 0 ? t`Bans` : t`Other jails`, bans: rest, total: sum(rest) }];
}

interface TrendProps {
  view: OverviewView;
  onView: (next: OverviewView) => void;
}

/** How the number of bans went, by jail; a stretch of it becomes the time of the page. */
export function Trend({ view, onView }: TrendProps) {
  const query = useQuery(trendQuery(toFilter(view)));
  const gaps = useQuery(gapsQuery).data;
  const [table, setTable] = useState(false);
  const { data } = query;
  const within = useMemo(
    () => (data === undefined ? [] : gapsWithin(gaps ?? [], { since: data.span.from, until: data.span.to })),
    [data, gaps],
  );
  return (
    <Card
      title={t`Bans over time`}
      aside={
        <Button size="small" look="quiet" aria-pressed={table} onClick={() => setTable(!table)}>
          {table ? t`As chart` : t`As table`}
        </Button>
      }
    >
      {data !== undefined ? (
        <div className={classes('flex flex-col gap-3', query.isPlaceholderData && 'opacity-60')}>
          <Drawn trend={data} gaps={within} table={table} view={view} onView={onView} />
          <GapNote gaps={within} />
        </div>
      ) : query.isError ? (
        <Failure error={query.error} retry={() => void query.refetch()} />
      ) : (
        <Shape />
      )}
    </Card>
  );
}

const Shape = () => <div className="skeleton h-[292px] w-full" aria-hidden />;

interface DrawnProps extends TrendProps {
  trend: StatsTrend;
  gaps: Gap[];
  table: boolean;
}

function Drawn({ trend, gaps, table, view, onView }: DrawnProps) {
  const [bar, setBar] = useState<number>();
  const parts = useMemo(() => partsOf(trend), [trend]);
  const bars = useMemo((): Bars => {
    const starts = (trend.points ?? []).map(({ at }) => Date.parse(at) / 1000);
    return { starts, end: Date.parse(trend.span.to) / 1000, parts: parts.map(({ bans }) => bans) };
  }, [trend, parts]);
  const colours = useMemo(
    () => parts.map(({ jail }, i) => tokens[jail === undefined && parts.length > 1 ? restColour : i] ?? 'series-1'),
    [parts],
  );
  const stretches = useMemo(() => gaps.map(({ from, to }) => [Date.parse(from) / 1000, Date.parse(to) / 1000] as const), [gaps]);
  const total = sum(parts.map((part) => part.total));
  const choose = (from: number, to: number) => onView({ ...view, range: '', from: wallTime(from * 1000), to: wallTime(to * 1000) });
  if (table) return <TrendTable trend={trend} parts={parts} />;
  return (
    <>
      <Legend parts={parts} bar={bar} trend={trend} view={view} onView={onView} />
      <Suspense fallback={<div className="h-[220px]" />}>
        <TimeChart
          bars={bars}
          colours={colours}
          gaps={stretches}
          height={220}
          label={plural(total, {
            one: 'Chart of # ban; the same as a table is behind “As table”',
            other: 'Chart of # bans; the same as a table is behind “As table”',
          })}
          onBar={setBar}
          onStretch={choose}
        />
      </Suspense>
      <p className="text-xs text-muted">
        {total === 0 ? t`No ban in this time.` : t`Draw over bars to choose their time; the fields above do the same.`}
      </p>
    </>
  );
}

interface LegendProps extends TrendProps {
  parts: Part[];
  bar: number | undefined;
  trend: StatsTrend;
}

/** What the colours are, with the numbers of the bar under the pointer, else of all. */
function Legend({ parts, bar, trend, view, onView }: LegendProps) {
  const point = bar === undefined ? undefined : trend.points?.[bar];
  const shown = (part: Part) => number(bar === undefined ? part.total : (part.bans[bar] ?? 0));
  return (
    <div className="flex flex-wrap items-center gap-x-1 gap-y-1 text-sm">
      <span className="mr-2 min-w-44 text-muted">
        {point === undefined ? t`In all of this time` : barInWords(Date.parse(point.at), trend.bucket)}
      </span>
      {parts.map((part, i) => {
        const { jail, name } = part;
        const inside = (
          <>
            <span
              className={classes('size-2.5 rounded-sm', swatches[jail === undefined && parts.length > 1 ? restColour : i])}
              aria-hidden
            />
            <span className="max-w-40 truncate">{name}</span>
            <span className="font-medium">{shown(part)}</span>
          </>
        );
        const look = 'inline-flex h-7 items-center gap-1.5 rounded-md px-1.5 max-md:h-11';
        return jail === undefined ? (
          <span key="" className={look}>
            {inside}
          </span>
        ) : (
          <button
            key={jail}
            type="button"
            aria-pressed={view.jail === jail}
            onClick={() => onView(flip(view, 'jail', jail))}
            className={classes(look, view.jail === jail ? 'bg-accent-soft text-accent-text' : 'hover:bg-hover')}
          >
            {inside}
          </button>
        );
      })}
    </div>
  );
}
