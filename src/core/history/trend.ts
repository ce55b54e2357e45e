import { type ComparedMetric, defaultMetrics } from '../compare/compared-metric.js';
import type { Setting } from '../measurement/result-schema.js';
import type { HistoryEntry } from './entry-schema.js';
import { type LevelChange, levelChanges } from './judge-series.js';
import { cutOf, seriesOf, type SeriesPoint } from './series.js';

export interface TrendPoint extends SeriesPoint {
  /** Relative to the median of the values before it; null for the first. */
  readonly ratio: number | null;
  /** The change of the level that begins here. */
  readonly change: LevelChange | null;
}

/** One figure at one setting over time. */
export interface Trend {
  readonly settings: Setting;
  readonly metric: ComparedMetric;
  /** Oldest first. */
  readonly points: readonly TrendPoint[];
}

/** The entries to show, and those with which they are compared. */
export interface Trends {
  /** Oldest first; all measured in the same way. */
  readonly entries: readonly HistoryEntry[];
  readonly trends: readonly Trend[];
}

/**
 * The figures that are shown unless others are named: what users feel, and what the machine yields.
 *
 * @param loop an open loop is judged from when a request should have been sent
 */
export function headlineMetrics(loop: 'closed' | 'open'): readonly ComparedMetric[] {
  const names = new Set(['ttft.p95', 'ttft_from_schedule.p95', 'tpot.p50', 'e2e.p95', 'output_tokens_per_second']);
  return defaultMetrics(loop).filter(({ id }) => names.has(id));
}

/** How many values before one make its median, and how many before the first one shown help to find changes. */
const medianOf = 20;

/**
 * How figures developed: setting by setting, metric by metric; figures that no entry has are left out.
 *
 * @param comparable entries that were measured in the same way, oldest first
 * @param last how many to show
 */
export function trendsOf(
  comparable: readonly HistoryEntry[],
  metrics: readonly ComparedMetric[],
  last: number,
): Trends {
  const entries = comparable.slice(-last);
  const [first] = entries;
  const newest = entries.at(-1);
  if (first === undefined || newest === undefined) return { entries, trends: [] };
  const looked = comparable.slice(-last - medianOf);
  const trends = newest.rows.flatMap(({ settings }) =>
    metrics.map((metric) => {
      const points = pointsOf(seriesOf(looked, settings, metric), metric);
      return { settings, metric, points: points.filter(({ entry }) => entries.includes(entry)) };
    }),
  );
  return { entries, trends: trends.filter(({ points }) => points.length > 0) };
}

function pointsOf(series: readonly SeriesPoint[], metric: ComparedMetric): readonly TrendPoint[] {
  // A rate of 0 has no logarithm.
  const positive = series.filter(({ value }) => metric.type === 'latency' || value > 0);
  const changes = levelChanges(cutOf(positive, metric), metric);
  const starts = new Map(changes.map((change) => [positive[change.index], change]));
  return series.map((point, index) => {
    const before = median(series.slice(Math.max(0, index - medianOf), index).map(({ value }) => value));
    const ratio = before === null || before === 0 ? null : point.value / before;
    return { ...point, ratio, change: starts.get(point) ?? null };
  });
}

function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((one, other) => one - other);
  const upper = sorted[Math.floor(sorted.length / 2)];
  if (upper === undefined) return null;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? upper;
  return (lower + upper) / 2;
}
