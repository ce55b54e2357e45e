import type { JudgedMetric } from '../compare/compared-metric.js';
import type { Threshold } from '../compare/threshold.js';
import { widened } from '../compare/trials/client-error.js';
import { type ChangePoint, changePointsOf } from '../statistics/change-points.js';
import { type LevelRatio, Levels } from '../statistics/levels.js';
import type { Interval } from '../statistics/ratio.js';

/** With fewer values before the newest one, their spread is not known well enough. */
export const neededEntries = 5;

/** A ratio whose interval allows for the load generator's own delay. */
export interface FigureRatio extends LevelRatio {
  /** The interval without that delay: what the spread of the values alone allows. */
  readonly spread: Interval;
  /** How far either may be from the server's true value because of that delay, as a logarithm. */
  readonly errors: { readonly before: number; readonly present: number };
}

/** What a judgement rests on. */
export type Evidence =
  /** The present level, over that before the change at `index`. */
  | { readonly type: 'level'; readonly index: number; readonly change: FigureRatio }
  /** The newest value alone, over the level of those before it. */
  | { readonly type: 'newest'; readonly change: FigureRatio };

export type SeriesVerdict = 'regression' | 'inconclusive' | 'pass' | 'improvement';

export interface JudgedSeries {
  readonly verdict: SeriesVerdict;
  readonly evidence: Evidence;
}

/** A change point, and by how much the level changed there. */
export interface LevelChange extends ChangePoint {
  readonly change: FigureRatio;
}

/** A series that is cut at its change points. */
export interface CutSeries {
  readonly logs: readonly number[];
  /** How far each value may be from the server's true one, because of the load generator, as a logarithm. */
  readonly errors: readonly number[];
  readonly points: readonly ChangePoint[];
}

/** @param errors as {@link CutSeries.errors}, one for each value; by default none */
export function cutSeries(logs: readonly number[], errors: readonly number[] = logs.map(() => 0)): CutSeries {
  return { logs, errors, points: changePointsOf(logs) };
}

/**
 * Each change point, with the ratio of the level after it to the one before; none if too few values are left to know
 * the spread.
 */
export function levelChanges({ logs, errors, points }: CutSeries, metric: JudgedMetric): readonly LevelChange[] {
  const known = segmentsOf(errors, points);
  return points.flatMap((point, place) => {
    const segments = segmentsOf(logs, points).slice(0, place + 2);
    if (!hasSpread(segments)) return [];
    return [
      { ...point, change: allowed(new Levels(segments).lastOver(place), metric, known[place], known[place + 1]) },
    ];
  });
}

/**
 * The ratio of the newest value to the level of those before it. There must be at least {@link neededEntries} of these.
 */
export function newestOverLevel({ logs, errors, points }: CutSeries, metric: JudgedMetric): Evidence {
  const before = segmentsOf(logs.slice(0, -1), points);
  const change = new Levels(before).overLast(logs.at(-1) ?? NaN);
  const known = segmentsOf(errors.slice(0, -1), points).at(-1);
  return { type: 'newest', change: allowed(change, metric, known, errors.slice(-1)) };
}

/**
 * Allows for what the load generator can have added, as a comparison of two results does. A level is a geometric mean, so
 * the mean of the errors of its values is the error of the level.
 *
 * @param before errors of the values of the earlier level
 * @param after those of the present level, or of the newest value
 */
function allowed(
  change: LevelRatio,
  metric: JudgedMetric,
  before: readonly number[] = [],
  after: readonly number[] = [],
): FigureRatio {
  const errors = { before: mean(before), present: mean(after) };
  return { ...change, interval: widenedBy(errors, change.interval, metric), spread: change.interval, errors };
}

function widenedBy({ before, present }: FigureRatio['errors'], interval: Interval, metric: JudgedMetric): Interval {
  return widened(interval, metric, { baseline: before, candidate: present }, false);
}

/**
 * Whether a figure got worse by more than its threshold allows, at the end of a series.
 *
 * 1. The series is cut at its change points. The present level, which has at least two values, is compared with every level
 *    before it: a slow decline in several small steps counts, and a step that was taken back does not.
 * 2. The newest value is compared with the level of those before it, by its prediction interval.
 *
 * For both: a regression if the whole 95 % interval of the ratio is beyond the limit; inconclusive if only the ratio itself
 * is, or may be, as the load generator's own delay can have hidden it; else a pass. The worse of the two counts. It is an
 * improvement if the present level is better than the one before by more than the threshold, with its whole interval.
 * Intervals allow for that delay.
 *
 * How often this is right is simulated in `benchmarks/gate/history.ts`.
 */
export function judgeSeries(cut: CutSeries, threshold: Threshold): JudgedSeries {
  const { logs, errors, points } = cut;
  const { metric } = threshold;
  const newest = newestOverLevel(cut, metric);
  const levels = new Levels(segmentsOf(logs, points));
  const known = segmentsOf(errors, points);
  // The latest first: of several changes that explain a regression, the nearest is the most useful.
  const shifts = points
    .map(({ index }, place): Evidence => {
      const change = allowed(levels.lastOver(place), metric, known[place], known.at(-1));
      return { type: 'level', index, change };
    })
    .reverse();
  const candidates = [...shifts, newest];
  const judgedAs = (verdict: SeriesVerdict): readonly Evidence[] =>
    candidates.filter(({ change }) => verdictOn(change, threshold) === verdict);
  const [regression] = judgedAs('regression');
  if (regression !== undefined) return { verdict: 'regression', evidence: regression };
  const doubts = judgedAs('inconclusive');
  // The decision that a better load generator would allow says most.
  const doubt = doubts.find(({ change }) => delayIn(change, threshold) !== null) ?? doubts[0];
  if (doubt !== undefined) return { verdict: 'inconclusive', evidence: doubt };
  const [latest] = shifts;
  if (latest !== undefined && isImprovement(latest.change, threshold))
    return { verdict: 'improvement', evidence: latest };
  return { verdict: 'pass', evidence: latest ?? newest };
}

function verdictOn({ ratio, interval, errors }: Judged, threshold: Threshold): SeriesVerdict {
  if (isBeyond(bestOf(interval, threshold), threshold)) return 'regression';
  return isBeyond(worstOf(rangeOf({ ratio, errors }, threshold), threshold), threshold) ? 'inconclusive' : 'pass';
}

type Judged = Pick<FigureRatio, 'ratio' | 'interval' | 'errors'>;

/** What the ratio may be because of the load generator's own delay alone. */
function rangeOf({ ratio, errors }: Pick<FigureRatio, 'ratio' | 'errors'>, { metric }: Threshold): Interval {
  return widenedBy(errors, { lower: ratio, upper: ratio }, metric);
}

const noErrors = { before: 0, present: 0 };

/**
 * The part of the load generator's own delay in a verdict that is inconclusive: `alone` if it reaches from the ratio to the
 * limit, `with-noise` if it makes a regression inconclusive only together with the spread of the values; null if the
 * verdict would be the same without it.
 */
export function delayIn(change: FigureRatio, threshold: Threshold): 'alone' | 'with-noise' | null {
  const range = rangeOf(change, threshold);
  if (!isBeyond(bestOf(range, threshold), threshold) && isBeyond(worstOf(range, threshold), threshold)) return 'alone';
  const without = verdictOn({ ratio: change.ratio, interval: change.spread, errors: noErrors }, threshold);
  return without === 'inconclusive' ? null : 'with-noise';
}

function isBeyond(ratio: number, { metric, limit }: Threshold): boolean {
  return metric.type === 'latency' ? ratio > limit : ratio < limit;
}

function bestOf({ lower, upper }: Interval, { metric }: Threshold): number {
  return metric.type === 'latency' ? lower : upper;
}

function worstOf({ lower, upper }: Interval, { metric }: Threshold): number {
  return metric.type === 'latency' ? upper : lower;
}

function isImprovement({ interval }: LevelRatio, { metric, share }: Threshold): boolean {
  return share > 0 && (metric.type === 'latency' ? interval.upper < 1 - share : interval.lower > 1 + share);
}

/** The values between the change points. A change point right after the last value makes no segment. */
function segmentsOf(logs: readonly number[], points: readonly ChangePoint[]): readonly (readonly number[])[] {
  const starts = [0, ...points.map(({ index }) => index)];
  return starts.map((from, place) => logs.slice(from, starts[place + 1])).filter((values) => values.length > 0);
}

function hasSpread(segments: readonly (readonly number[])[]): boolean {
  return segments.flat().length > segments.length;
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
