import { plural, t } from '@lingui/core/macro';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useMemo, useState } from 'react';
import { gapsWithin } from '@/api/gaps';
import { gapsQuery, type HistoryFilter } from '@/api/queries';
import { type StatsFilter, trendQuery } from '@/api/stats';
import type { StatsTrend } from '@/api/types';
import { usePhone } from '@/lib/media';
import { chartTime, number, wallTime } from '@/lib/time';
import { Button } from '@/ui/button';
import type { Bars } from '@/ui/chart/stack';
import { type HistoryView, isCounted } from './view';

const TimeChart = lazy(() => import('@/ui/chart/time-chart').then((m) => ({ default: m.TimeChart })));
const height = 88;
const colours = ['series-1'];

interface HistogramProps {
  view: HistoryView;
  filter: HistoryFilter;
  onView: (next: HistoryView) => void;
}

/** How the bans of the list are spread over its time; drawing over bars narrows it to theirs. */
export function Histogram({ view, filter, onView }: HistogramProps) {
  const phone = usePhone();
  const [asked, setAsked] = useState<boolean>();
  const shown = asked ?? !phone;
  return (
    <section aria-label={t`Bans over time`} className="mx-6 mb-2 flex flex-col max-md:mx-4">
      <Button size="small" look="quiet" className="self-start text-muted" aria-expanded={shown} onClick={() => setAsked(!shown)}>
        {shown ? t`Hide the bars` : t`Show bars over time`}
      </Button>
      {shown && (isCounted(view) ? <Counted view={view} filter={filter} onView={onView} /> : <NotCounted />)}
    </section>
  );
}

function NotCounted() {
  return (
    <p className="px-2 text-xs text-muted">
      {t`Bars come from counters, which know neither states, addresses, texts nor what is left out, and not every pair of the others.`}
    </p>
  );
}

function Counted({ view, filter, onView }: HistogramProps) {
  const stats = useMemo((): StatsFilter => {
    const { jail, country, origin, asn, host, since, until } = filter;
    return { range: '', since, until, jail, country, origin, asn, host };
  }, [filter]);
  const { data, isError } = useQuery(trendQuery(stats));
  const gaps = useQuery(gapsQuery).data;
  if (data === undefined)
    return isError ? <p className="px-2 text-xs text-danger">{t`can't be counted now`}</p> : <div className="h-[108px]" />;
  const narrow = (from: number, to: number) => onView({ ...view, range: '', from: wallTime(from * 1000), to: wallTime(to * 1000) });
  return <Drawn trend={data} gaps={gaps ?? []} onStretch={narrow} />;
}

interface DrawnProps {
  trend: StatsTrend;
  gaps: Parameters<typeof gapsWithin>[0];
  onStretch: (from: number, to: number) => void;
}

function Drawn({ trend, gaps, onStretch }: DrawnProps) {
  const [bar, setBar] = useState<number>();
  const bars = useMemo((): Bars => {
    const points = trend.points ?? [];
    const starts = points.map(({ at }) => Date.parse(at) / 1000);
    return { starts, end: Date.parse(trend.span.to) / 1000, parts: [points.map(({ bans }) => bans)] };
  }, [trend]);
  const stretches = useMemo(
    () =>
      gapsWithin(gaps, { since: trend.span.from, until: trend.span.to }).map(
        ({ from, to }) => [Date.parse(from) / 1000, Date.parse(to) / 1000] as const,
      ),
    [gaps, trend],
  );
  const points = trend.points ?? [];
  const total = points.reduce((sum, { bans }) => sum + bans, 0);
  const point = bar === undefined ? undefined : points[bar];
  const hourly = trend.bucket === 'hour' || trend.bucket === '6h';
  const all = plural(total, { one: '# ban', other: '# bans' });
  return (
    <>
      <p className="px-2 text-xs text-muted">
        {point === undefined
          ? hourly
            ? t`${all}, counted by whole hours; draw over bars, or use from and to, to narrow the list`
            : t`${all}, counted by whole days in UTC; draw over bars, or use from and to, to narrow the list`
          : t`${chartTime(Date.parse(point.at), hourly)}: ${number(point.bans)}`}
      </p>
      <Suspense fallback={<div style={{ height }} />}>
        <TimeChart
          bars={bars}
          colours={colours}
          gaps={stretches}
          height={height}
          label={t`Chart of ${all}`}
          onBar={setBar}
          onStretch={onStretch}
        />
      </Suspense>
    </>
  );
}
