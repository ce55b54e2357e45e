import { evidenceOf, type LoadEvidence, type Look, type Promised } from './evidence.js';
import { type Limit, limitOf } from './limit.js';
import { contradictions, split } from './split.js';

/** What is searched for, and between which loads. */
export interface SearchSpec {
  readonly promises: readonly Promised[];
  /** The load to begin with. */
  readonly start: number;
  readonly lowest: number;
  readonly highest: number;
  /** Whether loads are whole numbers, as clients are. */
  readonly isWhole: boolean;
  /** How far the ends of the interval may be from the limit, as a share of it: 0.05. */
  readonly precision: number;
  /** How often one load is measured at most. */
  readonly mostLooks: number;
}

export type SearchStep =
  | {
      readonly type: 'measure';
      readonly load: number;
      /** Which measurement at this load it is, from 1. Later ones should take longer. */
      readonly look: number;
    }
  /** Nothing more would help. */
  | { readonly type: 'done' };

/** From this score on, an end of the bracket is trusted while the bracket is still wide. */
const likely = 1;

/** How many steps of the precision the search goes to either side of the limit that it expects. */
const reach = 3;

/**
 * What to measure next, decided from everything that was measured so far and nothing else: the load doubles until a
 * promise breaks, and the gap is halved (on a logarithmic scale) until it is a few steps of the precision wide. Then loads
 * on both sides of the expected limit are measured, again and again, until the interval of the limit is as narrow as the
 * precision asks for and a load on either side is clear of the limit.
 */
export function nextStep(spec: SearchSpec, looks: readonly Look[]): SearchStep {
  const loads = evidenceOf(spec.promises, looks);
  if (loads.length === 0) return measure(spec, loads, spec.start);
  const { below, above } = split(loads);
  const [low, high] = [below.at(-1), above[0]];
  if (high === undefined) return low === undefined ? { type: 'done' } : upwards(spec, loads, low);
  if (low === undefined) return downwards(spec, loads, high);
  if (!isNarrow(spec, low.load, high.load)) {
    const doubtful = [low, high].find(({ score, looks: count }) => Math.abs(score) < likely && count < 2);
    if (doubtful !== undefined) return again(doubtful);
    return measure(spec, loads, Math.sqrt(low.load * high.load));
  }
  const strange = contradictions(loads).find(({ looks: count }) => count < 2);
  if (strange !== undefined) return again(strange);
  const limit = limitOf(spec.promises, loads);
  return limit === null || isKnown(spec, limit) ? { type: 'done' } : around(spec, loads, limit);
}

function upwards(spec: SearchSpec, loads: readonly LoadEvidence[], low: LoadEvidence): SearchStep {
  if (low.load < spec.highest) return measure(spec, loads, low.load * 2);
  return low.verdict === 'holds' || low.looks >= spec.mostLooks ? { type: 'done' } : again(low);
}

function downwards(spec: SearchSpec, loads: readonly LoadEvidence[], high: LoadEvidence): SearchStep {
  // A few requests that were slow by chance must not send the search away.
  if (high.verdict === 'unclear' && high.looks < 2) return again(high);
  if (high.load > spec.lowest) return measure(spec, loads, high.load / 2);
  return high.verdict === 'breaks' || high.looks >= spec.mostLooks ? { type: 'done' } : again(high);
}

/** Whether both ends of the interval are near enough. Of clients, neighbouring numbers are. */
function isKnown({ precision, isWhole }: SearchSpec, { load, lower, upper }: Limit): boolean {
  if (lower === null || upper === null) return false;
  return Math.max(load / lower, upper / load) <= 1 + precision || (isWhole && upper - lower <= 1);
}

/** The next measurement near the limit: of the loads on both sides, the one with the least looks, the nearest first. */
function around(spec: SearchSpec, loads: readonly LoadEvidence[], limit: Limit): SearchStep {
  const step = 1 + spec.precision;
  const steps = Array.from({ length: reach }, (_, index) => index + 1);
  const candidates = steps
    .flatMap((distance) => [limit.load / step ** (distance - 0.5), limit.load * step ** (distance - 0.5)])
    .map((wanted) => knownNear(spec, loads, wanted) ?? { load: rounded(spec, wanted), looks: 0 })
    .filter(({ looks }) => looks < spec.mostLooks);
  const [first, ...rest] = candidates;
  if (first === undefined) return { type: 'done' };
  const least = rest.reduce((best, each) => (each.looks < best.looks ? each : best), first);
  return { type: 'measure', load: least.load, look: least.looks + 1 };
}

/** A load that was measured already and is as good as the one that is wanted. */
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

/** A load for the first time, or once more if rounding makes it one that was measured. */
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
