import 'uplot/dist/uPlot.min.css';
import './chart.css';
import { type RefObject, useEffect, useRef } from 'react';
import uPlot from 'uplot';
import { useDark } from '../../lib/media';
import { number, tickTime } from '../../lib/time';
import { type Bars, barAt, stacked, wholeBars } from './stack';

const day = 86_400;

/** What a chart shows, and what is done with it. */
export interface TimeChartProps {
  bars: Bars;
  /** A colour for each part, as the name of a token. */
  colours: readonly string[];
  /** Times of which something may be missing, in seconds. */
  gaps: readonly (readonly [from: number, to: number])[];
  /** In pixels. */
  height: number;
  /** What a screen reader says of it: everything else is in the table. */
  label: string;
  onBar: (index: number | undefined) => void;
  /** A stretch was drawn over: whole bars, in seconds. */
  onStretch: (from: number, to: number) => void;
}

/** Bars that stand on each other over time; drawing over some chooses their time. */
export function TimeChart(props: TimeChartProps) {
  const { bars, colours, gaps, height, label } = props;
  const place = useRef<HTMLDivElement>(null);
  const latest = useRef(props);
  latest.current = props;
  const dark = useDark();
  // biome-ignore lint/correctness/useExhaustiveDependencies: colours of the theme are read while it is made
  useEffect(() => {
    const at = place.current;
    if (at === null) return;
    const plot = new uPlot(optionsOf(latest, at), [[...bars.starts], ...stacked(bars).reverse()], at);
    const sizes = new ResizeObserver(() => plot.setSize({ width: at.clientWidth, height }));
    sizes.observe(at);
    return () => {
      sizes.disconnect();
      plot.destroy();
    };
  }, [bars, colours, gaps, height, dark]);
  return <div ref={place} role="img" aria-label={label} className="w-full min-w-0" style={{ height }} />;
}

/** A token's colour as a canvas takes it. */
function colourReader(at: HTMLElement): (token: string) => string {
  const probe = document.createElement('span');
  at.append(probe);
  return (token) => {
    probe.style.color = `var(--${token})`;
    return getComputedStyle(probe).color;
  };
}

function optionsOf(latest: RefObject<TimeChartProps>, at: HTMLElement): uPlot.Options {
  const { bars, colours, gaps, height } = latest.current;
  const colour = colourReader(at);
  const series = [...colours].reverse().map((token): uPlot.Series => {
    const paint = colour(token);
    return { fill: paint, stroke: paint, width: 0, points: { show: false }, paths: uPlot.paths.bars?.({ size: [0.86, 48], align: 1 }) };
  });
  const ink = { stroke: colour('muted'), font: '12px system-ui, sans-serif', ticks: { show: false } };
  const [from, unit] = [bars.starts[0] ?? 0, unitOf(bars)];
  return {
    width: at.clientWidth,
    height,
    legend: { show: false },
    padding: [8, 24, 0, 0],
    cursor: { y: false, points: { show: false }, drag: { x: true, y: false, setScale: false } },
    scales: {
      x: { time: true, range: () => [from, bars.end] },
      y: { range: (_, __, max) => [0, Math.max(4, max * 1.05)] },
    },
    series: [{}, ...series],
    axes: [
      { ...ink, grid: { show: false }, size: 28, space: 72, values: (_, splits) => splits.map((at) => tickTime(at * 1000, unit)) },
      {
        ...ink,
        grid: { stroke: colour('line'), width: 1 },
        size: 48,
        incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 1e7],
        values: (_, splits) => splits.map((n) => number(n, { notation: 'compact' })),
      },
    ],
    hooks: {
      drawClear: [(plot) => drawGaps(plot, gaps, colour('warn-soft'), colour('warn'))],
      setCursor: [
        (plot) => {
          const { left = -1 } = plot.cursor;
          latest.current.onBar(left < 0 ? undefined : barAt(bars, plot.posToVal(left, 'x')));
        },
      ],
      setSelect: [
        (plot) => {
          const { left, width } = plot.select;
          if (width < 4) return;
          const whole = wholeBars(bars, plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x'));
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          if (whole !== undefined) latest.current.onStretch(...whole);
        },
      ],
    },
  };
}

function unitOf({ starts: [from = 0], end }: Bars): 'clock' | 'day' | 'month' {
  if (end - from <= 2 * day) return 'clock';
  return end - from <= 400 * day ? 'day' : 'month';
}

/** A soft ground with lines across: something may be missing there. */
function drawGaps({ ctx, bbox, valToPos }: uPlot, gaps: TimeChartProps['gaps'], ground: string, line: string): void {
  for (const [from, to] of gaps) {
    const left = Math.max(bbox.left, valToPos(from, 'x', true));
    const right = Math.min(bbox.left + bbox.width, Math.max(valToPos(to, 'x', true), left + 3));
    if (right <= left) continue;
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, bbox.top, right - left, bbox.height);
    ctx.clip();
    ctx.fillStyle = ground;
    ctx.fillRect(left, bbox.top, right - left, bbox.height);
    ctx.strokeStyle = line;
    ctx.globalAlpha = 0.4;
    ctx.beginPath();
    for (let x = left - bbox.height; x < right; x += 12) {
      ctx.moveTo(x, bbox.top + bbox.height);
      ctx.lineTo(x + bbox.height, bbox.top);
    }
    ctx.stroke();
    ctx.restore();
  }
}
