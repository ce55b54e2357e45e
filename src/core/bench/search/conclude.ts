import { evidenceOf, type LoadEvidence, type Look, sideOf, unjudged } from './evidence.js';
import { type Limit, limitOf } from './limit.js';
import { nextStep, type SearchSpec } from './next-step.js';
import { contradictions, split } from './split.js';

/** What is missed first: an objective, by its position, or a steady queue, because it grows without end. */
export type NextToBreak = { readonly type: 'objective'; readonly index: number } | { readonly type: 'overload' };

/** The knowledge of a search when it ends. */
export type SearchOutcome = {
  readonly loads: readonly LoadEvidence[];
  /** Loads that are clearly on the other side than their neighbours: then there is no single limit. */
  readonly contradictions: readonly LoadEvidence[];
  /** Whether no further measurement would have helped. */
  readonly isFinished: boolean;
  /** Whether the search ended because the load generator could not send more. */
  readonly isClientFull: boolean;
  /** The lowest load of those at which the objectives hold, if one is missed below it too; otherwise null. */
  readonly holdsFrom: number | null;
} & (
  | {
      readonly status: 'found';
      readonly load: number;
      /** Ends of the 95 % interval; null where no load was clearly on that side of the limit. */
      readonly lower: number | null;
      readonly upper: number | null;
      readonly next: NextToBreak;
    }
  /** The objectives hold at the highest load that was measured. */
  | { readonly status: 'all-hold'; readonly highest: number }
  /** An objective is missed at the lowest load, or at each load if a higher one may be better. */
  | { readonly status: 'none-hold'; readonly lowest: number; readonly next: NextToBreak }
  /** Of these objectives, by their positions, no answer has a value. */
  | { readonly status: 'unjudged'; readonly objectives: readonly number[] }
  | { readonly status: 'nothing-measured' }
);

/**
 * The answer according to the measurements, finished or not.
 *
 * @param isClientFull whether the load generator could not send what the search asked for next
 */
export function conclude(spec: SearchSpec, looks: readonly Look[], isClientFull = false): SearchOutcome {
  const loads = evidenceOf(spec.objectives, looks);
  const parts = split(loads, spec.isMonotonic);
  const { tooLow, below, above } = parts;
  const common = {
    loads,
    contradictions: contradictions(parts),
    isFinished: nextStep(spec, looks).type === 'done',
    isClientFull,
    holdsFrom: tooLow.length === 0 ? null : (below[0]?.load ?? null),
  };
  const unknown = unjudged(spec.objectives, looks);
  if (unknown.length > 0) return { ...common, status: 'unjudged', objectives: unknown };
  const [low, high] = [below.at(-1), above[0]];
  if (high === undefined) {
    if (low === undefined) return { ...common, status: 'nothing-measured' };
    return { ...common, status: 'all-hold', highest: low.load };
  }
  const limit = limitOf(spec.objectives, parts);
  const next = nextToBreak(spec, above.find(({ verdict }) => verdict === 'breaks') ?? high, limit);
  if (limit === null) return { ...common, status: 'none-hold', lowest: high.load, next };
  const digits = (load: number): number => Number(load.toPrecision(4));
  const { load, lower, upper } = limit;
  return {
    ...common,
    status: 'found',
    load: spec.isWhole ? Math.floor(load + 1e-9) : digits(load),
    lower: lower === null ? null : spec.isWhole ? Math.floor(lower + 1e-9) : digits(lower),
    upper: upper === null ? null : spec.isWhole ? Math.ceil(upper - 1e-9) : digits(upper),
    next,
  };
}

/**
 * The objective whose line reaches its limit first; without lines, the one that is worst at a load at which one is missed.
 * How far beyond its limit an objective is goes by the requests that miss it, in multiples of those that may: scores are cut
 * off.
 */
function nextToBreak({ objectives }: SearchSpec, broken: LoadEvidence, limit: Limit | null): NextToBreak {
  const ranked = objectives
    .map(({ allowedShare }, index) => {
      const share = broken.shares[index] ?? null;
      return { index, score: sideOf(share, allowedShare).score, excess: (share?.share ?? 0) / allowedShare };
    })
    .toSorted((one, other) => one.score - other.score || other.excess - one.excess);
  const worst = ranked[0];
  if (worst === undefined || (broken.isOverloaded && worst.score > 0)) return { type: 'overload' };
  return { type: 'objective', index: limit?.objective ?? worst.index };
}
