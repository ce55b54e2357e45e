import { evidenceOf, type LoadEvidence, type Look, type SearchedObjective, sideOf, unjudged } from './evidence.js';
import { type Limit, limitOf } from './limit.js';
import { contradictions, type Split, split } from './split.js';

/** What is searched for, and between which loads. */
export interface SearchSpec {
  readonly objectives: readonly SearchedObjective[];
  /** The load to begin with. */
  readonly start: number;
  readonly lowest: number;
  readonly highest: number;
  /** Whether loads are whole numbers, like clients. */
  readonly isWhole: boolean;
  /**
   * Whether an objective that is missed at one load is missed at all higher ones. A server's max-concurrency is different:
   * the more requests run at once, the slower each, but the shorter the wait.
   */
  readonly isMonotonic: boolean;
  /** How far the ends of the interval may be from the limit, as a share of it: 0.05. */
  readonly precision: number;
  /** The maximum number of measurements of one load. */
  readonly mostLooks: number;
}

export type SearchStep =
  | {
      readonly type: 'measure';
      readonly load: number;
      /** The number of this measurement at this load, from 1. Later ones should take longer. */
      readonly look: number;
    }
  /** No further measurement would help. */
  | { readonly type: 'done' };

/** From this score on, an end of the bracket is trusted while the bracket is still wide. */
const likely = 1;

/** How many steps of the precision the search goes to either side of the limit that it expects. */
const reach = 3;

/**
 * What to measure next, decided from everything that was measured so far and nothing else: the load doubles until an
 * objective is missed, and the gap is halved (on a logarithmic scale) until it is a few steps of the precision wide. Then
 * loads on both sides of the expected limit are measured, again and again, until the interval of the limit is as narrow as
 * the precision asks for and a load on either side is clear of the limit.
 *
 * Where a higher load may be better, all doublings up to the highest load come first, and the gap below the loads at which
 * the objectives hold is halved as well.
 *
 * An objective that nothing can be judged by ends the search: no load would tell more.
 */
export function nextStep(spec: SearchSpec, looks: readonly Look[]): SearchStep {
  if (unjudged(spec.objectives, looks).length > 0) return { type: 'done' };
  const loads = evidenceOf(spec.objectives, looks);
  const first = unmeasured(spec, loads);
  if (first !== undefined) return measure(spec, loads, first);
  const parts = split(loads, spec.isMonotonic);
  const { tooLow, below, above } = parts;
  const [low, high] = [below.at(-1), above[0]];
  if (low === undefined) return spec.isMonotonic ? downwards(spec, loads, high) : inGaps(spec, loads);
  // One load between others that miss an objective may have been lucky.
  if (below.length === 1 && tooLow.length > 0 && low.looks < 2) return again(low);
  const halving = halved(spec, loads, low, high) ?? halved(spec, loads, tooLow.at(-1), below[0]);
  if (halving !== null) return halving;
  if (high === undefined) return upwards(spec, loads, below);
  const strange = contradictions(parts).find(({ looks: count }) => count < 2);
  if (strange !== undefined) return again(strange);
  const limit = limitOf(spec.objectives, parts);
  if (limit === null || isKnown(spec, limit, parts)) return { type: 'done' };
  // The wait rises slowly, so only longer measurements of this load tell on which side of the limit it is.
  const isRising = high.isRising && high.verdict === 'unclear' && high.looks < spec.mostLooks;
  return isRising ? again(high) : around(spec, loads, limit);
}

/**
 * What to measure instead if the load generator cannot send what {@link nextStep} asks for: the highest load that it
 * can send is approached from below, so that the answer is more than the last doubling. If a search began too high for
 * it, it begins again at a fourth of the load.
 *
 * @param ceiling the lowest load that it could not send; no look is at it or above
 */
export function stepBelow(spec: SearchSpec, looks: readonly Look[], ceiling: number): SearchStep {
  const low = Math.max(0, ...looks.map(({ load }) => load));
  const isEnd = low === 0 ? ceiling <= spec.lowest : isNarrow(spec, low, ceiling);
  if (isEnd) return { type: 'done' };
  return measure(spec, evidenceOf(spec.objectives, looks), low === 0 ? ceiling / 4 : Math.sqrt(low * ceiling));
}

/** A load that is measured whatever others have shown: the first one, or each doubling up to the highest load. */
function unmeasured({ start, highest, isMonotonic }: SearchSpec, loads: readonly LoadEvidence[]): number | undefined {
  if (isMonotonic) return loads.length === 0 ? start : undefined;
  const doublings = Array.from({ length: Math.ceil(Math.log2(highest / start)) }, (_, index) => start * 2 ** index);
  return [...doublings, highest].find((load) => loads.every((each) => each.load !== load));
}

/** The middle of the gap between two loads on different sides; null if it is narrow enough, or there are no such two. */
function halved(
  spec: SearchSpec,
  loads: readonly LoadEvidence[],
  low: LoadEvidence | undefined,
  high: LoadEvidence | undefined,
): SearchStep | null {
  if (low === undefined || high === undefined || isNarrow(spec, low.load, high.load)) return null;
  const doubtful = [low, high].find(({ score, looks: count }) => Math.abs(score) < likely && count < 2);
  return doubtful === undefined ? measure(spec, loads, Math.sqrt(low.load * high.load)) : again(doubtful);
}

/** @param below the loads at which the objectives hold, as far as is known: all that are measured, but those that are too low */
function upwards(spec: SearchSpec, loads: readonly LoadEvidence[], below: readonly LoadEvidence[]): SearchStep {
  const low = below.at(-1);
  if (low === undefined) return { type: 'done' };
  if (low.load < spec.highest) return measure(spec, loads, low.load * 2);
  if (low.verdict !== 'holds' && low.looks < spec.mostLooks) return again(low);
  // If a higher load may be better, one that holds says nothing about the lower ones.
  const doubtful = spec.isMonotonic
    ? undefined
    : below.find(({ verdict, looks }) => verdict === 'unclear' && looks < 2);
  return doubtful === undefined ? { type: 'done' } : again(doubtful);
}

function downwards(spec: SearchSpec, loads: readonly LoadEvidence[], high: LoadEvidence | undefined): SearchStep {
  if (high === undefined) return { type: 'done' };
  // A few requests that were slow by chance must not mislead the search.
  if (high.verdict === 'unclear' && high.looks < 2) return again(high);
  if (high.load > spec.lowest) return measure(spec, loads, high.load / 2);
  return high.verdict === 'breaks' || high.looks >= spec.mostLooks ? { type: 'done' } : again(high);
}

/**
 * Where no load holds all objectives, one between two loads may, if what is missed at the lower one holds at the higher one
 * and the other way round.
 */
function inGaps(spec: SearchSpec, loads: readonly LoadEvidence[]): SearchStep {
  const doubtful = loads.find(({ verdict, looks }) => verdict === 'unclear' && looks < 2);
  if (doubtful !== undefined) return again(doubtful);
  for (const [index, high] of loads.entries()) {
    const low = loads[index - 1];
    if (low === undefined || isNarrow(spec, low.load, high.load)) continue;
    const missesAt = (load: LoadEvidence, objective: number): boolean =>
      load.isOverloaded ||
      sideOf(load.shares[objective] ?? null, spec.objectives[objective]?.allowedShare ?? 0).score <= 0;
    const isHopeless = spec.objectives.some((_, objective) => missesAt(low, objective) && missesAt(high, objective));
    if (!isHopeless) return measure(spec, loads, Math.sqrt(low.load * high.load));
  }
  return { type: 'done' };
}

/** Whether both ends of the interval are close enough. For clients, neighbouring numbers are. */
function isKnown(spec: SearchSpec, limit: Limit, parts: Split): boolean {
  const { load, measured: lower, upper } = limit;
  if (lower === null || upper === null) return false;
  if (spec.isWhole && upper - lower <= 1) return true;
  return Math.max(load / lower, upper / load) <= 1 + spec.precision && isClear(spec, limit, parts);
}

/**
 * Whether the objectives clearly hold at a load near the limit, and one is clearly missed at another. The line through the
 * shares of many loads may be certain where none of them is, but then it depends on its shape alone.
 */
function isClear({ precision }: SearchSpec, { load }: Limit, { below, above }: Split): boolean {
  const farthest = (1 + precision) ** reach;
  const isNear = (each: LoadEvidence): boolean => Math.max(load / each.load, each.load / load) <= farthest;
  return (
    below.some((each) => each.verdict === 'holds' && isNear(each)) &&
    above.some((each) => each.verdict === 'breaks' && isNear(each))
  );
}

/**
 * The next measurement near the limit: of the loads on both sides, the one with the fewest looks, the nearest first.
 */
function around(spec: SearchSpec, loads: readonly LoadEvidence[], limit: Limit): SearchStep {
  const step = 1 + spec.precision;
  const steps = Array.from({ length: reach }, (_, index) => index + 1);
  const candidates = steps
    .flatMap((distance) => [limit.load / step ** (distance - 0.5), limit.load * step ** (distance - 0.5)])
    .map((wanted) => {
      const load = rounded(spec, wanted);
      return loads.find((each) => each.load === load) ?? knownNear(spec, loads, wanted) ?? { load, looks: 0 };
    })
    .filter(({ looks }) => looks < spec.mostLooks);
  const [first, ...rest] = candidates;
  if (first === undefined) return { type: 'done' };
  const least = rest.reduce((best, each) => (each.looks < best.looks ? each : best), first);
  return { type: 'measure', load: least.load, look: least.looks + 1 };
}

/** A load that was measured already and serves as well as the wanted one. */
function knownNear(
  { precision, isWhole }: SearchSpec,
  loads: readonly LoadEvidence[],
  wanted: number,
): LoadEvidence | undefined {
  const apart = isWhole ? 1 + 0.5 / wanted : 1 + precision / 2;
  return loads.find(({ load }) => Math.max(load / wanted, wanted / load) <= apart);
}

/** Whether halving the gap further would tell less than measuring near the limit. */
function isNarrow({ isWhole, precision }: SearchSpec, low: number, high: number): boolean {
  return high / low <= (1 + precision) ** 2 * (1 + 1e-9) || (isWhole && high - low <= 1);
}

/** A load for the first time, or again if rounding turns it into one that was measured. */
function measure(spec: SearchSpec, loads: readonly LoadEvidence[], load: number): SearchStep {
  const wanted = rounded(spec, load);
  const looks = loads.find((each) => each.load === wanted)?.looks ?? 0;
  return looks >= spec.mostLooks ? { type: 'done' } : { type: 'measure', load: wanted, look: looks + 1 };
}

function again({ load, looks }: LoadEvidence): SearchStep {
  return { type: 'measure', load, look: looks + 1 };
}

/** Loads that a person can type: whole clients, rates of three digits (four if the precision asks for them). */
function rounded({ isWhole, precision, lowest, highest }: SearchSpec, load: number): number {
  const value = isWhole ? Math.round(load) : Number(load.toPrecision(precision < 0.02 ? 4 : 3));
  return Math.min(highest, Math.max(lowest, value));
}
