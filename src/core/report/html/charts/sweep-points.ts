import { bySetting, settingsKey } from '../../../measurement/by-setting.js';
import { roughness } from '../../../measurement/latency/median.js';
import type { BenchResult, Run, Setting } from '../../../measurement/result-schema.js';
import { dimensionsOf } from '../../../measurement/settings/setting-text.js';
import type { SettingSummary } from '../../../measurement/settings/summarise.js';
import { sweptKey } from '../../../measurement/settings/sweep.js';
import { throughputOf } from '../../../measurement/settings/throughput.js';
import { uslThroughput } from '../../../statistics/usl.js';
import { type Headline, headlineOf } from '../../bench/columns.js';
import { steadyOf } from '../../bench/overload.js';
import { spreadOf, type TrialSpread } from './trial-interval.js';

/** The only thing in which the settings differ. */
interface SweptDimension {
  readonly key: 'concurrency' | 'max_concurrency' | 'rate';
  /** Of its axis. */
  readonly name: string;
}

/** One setting of a sweep. */
export interface SweepPoint {
  readonly load: number;
  readonly summary: SettingSummary;
  /** Output tokens per second, or requests where nothing counts those. */
  readonly throughput: TrialSpread | null;
  readonly p50: TrialSpread | null;
  readonly p95: TrialSpread | null;
  /** Whether p50 is the median of few requests. */
  readonly isRough: boolean;
}

/** Throughput and latency over a single thing that was swept. */
export interface SweptPoints {
  readonly swept: SweptDimension;
  readonly headline: Headline;
  readonly countsTokens: boolean;
  /** In rising order of load. */
  readonly points: readonly SweepPoint[];
  /** What the scalability law gives between them; null if it was not fitted to this sweep. */
  readonly fitted: readonly { readonly load: number; readonly throughput: number }[] | null;
}

/** @returns null if there are not several settings, or if they differ in more than one thing */
export function sweptPoints(result: BenchResult, summaries: readonly SettingSummary[]): SweptPoints | null {
  const settings = summaries.map((summary) => summary.settings);
  const swept = sweptDimension(settings);
  if (swept === null || summaries.length < 2) return null;
  const headline = headlineOf(result);
  const countsTokens = summaries.every((summary) => summary.countsTokens);
  const trials = bySetting(result.runs);
  const steady = new Set(steadyOf(summaries));
  const points = summaries
    .flatMap((summary): SweepPoint[] => {
      const load = summary.settings[swept.key];
      if (load === null) return [];
      const runs = trials.get(settingsKey(summary.settings)) ?? [];
      const throughput = spreadOver(runs, (run) => throughputOf(run, { countsTokens }));
      return [{ load, summary, throughput, ...latenciesOf(summary, runs, headline, steady.has(summary)) }];
    })
    .sort((one, other) => one.load - other.load);
  const { usl } = result.sweep;
  const fitted =
    usl === null || swept.key !== sweptKey(settings)
      ? null
      : between(points.map(({ load }) => load)).map((load) => ({ load, throughput: uslThroughput(usl, load) }));
  return { swept, headline, countsTokens, points, fitted };
}

function sweptDimension(settings: readonly Setting[]): SweptDimension | null {
  const [dimension, ...others] = dimensionsOf(settings);
  if (dimension === undefined || others.length > 0) return null;
  const values = settings.map((each) => each[dimension.key]);
  if (values.some((value) => value === null) || new Set(values).size < 2) return null;
  return { key: dimension.key, name: dimension.key === 'rate' ? 'requests/s' : dimension.name };
}

/** Of a queue that grew without end, there are none: a percentile only says how long was measured. */
function latenciesOf(
  summary: SettingSummary,
  runs: readonly Run[],
  { metric }: Headline,
  isSteady: boolean,
): Pick<SweepPoint, 'p50' | 'p95' | 'isRough'> {
  if (!isSteady) return { p50: null, p95: null, isRough: false };
  const figures = summary.metrics[metric];
  const p50 = centred(
    spreadOver(runs, ({ metrics }) => metrics[metric].p50),
    figures.p50,
    figures.p50_interval ?? null,
  );
  const p95 = centred(
    spreadOver(runs, ({ metrics }) => metrics[metric].p95),
    figures.p95,
    null,
  );
  return { p50, p95, isRough: p50 !== null && roughness(figures) !== '' };
}

function spreadOver(runs: readonly Run[], value: (run: Run) => number | null): TrialSpread | null {
  return spreadOf(runs.map(value).filter((each) => each !== null));
}

/**
 * Around the percentile of all trials together, which the table shows.
 *
 * @param own the interval of the percentile itself, rather than that of the trials' mean; null for none
 */
function centred(spread: TrialSpread | null, value: number | null, own: TrialSpread['interval']): TrialSpread | null {
  if (value === null) return null;
  return { values: spread?.values ?? [], mean: value, interval: own ?? spread?.interval ?? null };
}

/** Loads at equal ratios from the lowest to the highest, for a smooth line. */
function between(loads: readonly number[]): readonly number[] {
  const [first, last] = [loads[0] ?? 1, loads.at(-1) ?? 1];
  return Array.from({ length: 60 }, (_, index) => first * (last / first) ** (index / 59));
}
