import type { Threshold } from '../compare/threshold.js';
import { type ChangePoint, changePointsOf } from '../statistics/change-points.js';
import { type LevelRatio, Levels } from '../statistics/levels.js';

/** With fewer values before the newest one, their spread is not known well enough. */
export const neededEntries = 5;

/** What a judgement rests on. */
export type Evidence =
  /** The present level, over that before the change at `index`. */
  | { readonly type: 'level'; readonly index: number; readonly change: LevelRatio }
  /** The newest value alone, over the level of those before it. */
  | { readonly type: 'newest'; readonly change: LevelRatio };

export type SeriesVerdict = 'regression' | 'inconclusive' | 'pass' | 'improvement';

export interface JudgedSeries {
  readonly verdict: SeriesVerdict;
  readonly evidence: Evidence;
}

/** A change point, and by how much the level changed there. */
export interface LevelChange extends ChangePoint {
  readonly change: LevelRatio;
}

/** A series that is cut at its change points. */
export interface CutSeries {
  readonly logs: readonly number[];
  readonly points: readonly ChangePoint[];
}

export function cutSeries(logs: readonly number[]): CutSeries {
  return { logs, points: changePointsOf(logs) };
}

/** Each change point with the level after it over the one before; none if too few values are left to know the spread. */
export function levelChanges({ logs, points }: CutSeries): readonly LevelChange[] {
  return points.flatMap((point, place) => {
    const segments = segmentsOf(logs, points).slice(0, place + 2);
    return hasSpread(segments) ? [{ ...point, change: new Levels(segments).lastOver(place) }] : [];
  });
}

/** The newest value over the level of those before it. At least {@link neededEntries} must stand before it. */
export function newestOverLevel({ logs, points }: CutSeries): Evidence {
  const before = segmentsOf(logs.slice(0, -1), points);
  return { type: 'newest', change: new Levels(before).overLast(logs.at(-1) ?? NaN) };
}

/**
 * Whether a figure got worse by more than its threshold allows, at the end of a series.
 *
 * 1. The series is cut at its change points. The present level, which has at least two values, is compared with every level
 *    before it: a slow decline in several small steps counts, and a step that was taken back does not.
 * 2. The newest value is compared with the level of those before it, by its prediction interval.
 *
 * For both: a regression if the whole 95 % interval of the ratio is beyond the limit; inconclusive if only the ratio itself
 * is; else a pass. The worse of the two counts. It is an improvement if the present level is better than the one before by
 * more than the threshold, with its whole interval.
 *
 * How often this is right is simulated in `benchmarks/gate/history.ts`.
 */
export function judgeSeries(cut: CutSeries, threshold: Threshold): JudgedSeries {
  const { logs, points } = cut;
  const newest = newestOverLevel(cut);
  const levels = new Levels(segmentsOf(logs, points));
  // The latest first: of several changes that explain a regression, the nearest is the most useful.
  const shifts = points
    .map(({ index }, place): Evidence => ({ type: 'level', index, change: levels.lastOver(place) }))
    .reverse();
  const candidates = [...shifts, newest];
  for (const verdict of ['regression', 'inconclusive'] as const) {
    const evidence = candidates.find(({ change }) => verdictOn(change, threshold) === verdict);
    if (evidence !== undefined) return { verdict, evidence };
  }
  const [latest] = shifts;
  if (latest !== undefined && isImprovement(latest.change, threshold))
    return { verdict: 'improvement', evidence: latest };
  return { verdict: 'pass', evidence: latest ?? newest };
}

function verdictOn(
  { ratio, interval }: LevelRatio,
  { metric, limit }: Threshold,
): 'regression' | 'inconclusive' | 'pass' {
  const isLatency = metric.type === 'latency';
  const beyond = (value: number): boolean => (isLatency ? value > limit : value < limit);
  if (beyond(isLatency ? interval.lower : interval.upper)) return 'regression';
  return beyond(ratio) ? 'inconclusive' : 'pass';
}

function isImprovement({ interval }: LevelRatio, { metric, share }: Threshold): boolean {
  return share > 0 && (metric.type === 'latency' ? interval.upper < 1 - share : interval.lower > 1 + share);
}

/** The values between the change points. A change point right behind the last value makes no segment. */
function segmentsOf(logs: readonly number[], points: readonly ChangePoint[]): readonly (readonly number[])[] {
  const starts = [0, ...points.map(({ index }) => index)];
  return starts.map((from, place) => logs.slice(from, starts[place + 1])).filter((values) => values.length > 0);
}

function hasSpread(segments: readonly (readonly number[])[]): boolean {
  return segments.flat().length > segments.length;
}
