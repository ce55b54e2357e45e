import { evidenceOf, type LoadEvidence, type Look, sideOf } from './evidence.js';
import { limitOf } from './limit.js';
import { nextStep, type SearchSpec } from './next-step.js';
import { contradictions, split } from './split.js';

/** What breaks first: a promise by its position, or the queue, which grows without end. */
export type NextToBreak = { readonly type: 'promise'; readonly index: number } | { readonly type: 'overload' };

/** What a search knows when it ends. */
export type SearchOutcome = {
  readonly loads: readonly LoadEvidence[];
  /** Clearly on the other side than their neighbours: there is no single limit then. */
  readonly contradictions: readonly LoadEvidence[];
  /** Whether nothing more would have helped. */
  readonly isFinished: boolean;
  /** Whether the search ended because the load generator could not send more. */
  readonly isClientFull: boolean;
  /** The lowest load of those at which the promises hold, if one breaks below it too; otherwise null. */
  readonly holdsFrom: number | null;
} & (
  | {
      readonly status: 'found';
      readonly load: number;
      /** Ends of the 95 % interval; null where no load was clear of the limit. */
      readonly lower: number | null;
      readonly upper: number | null;
      readonly next: NextToBreak;
    }
  /** They hold at the highest load that was measured. */
  | { readonly status: 'all-hold'; readonly highest: number }
  /** One breaks at the lowest, or at each where a higher load may be better. */
  | { readonly status: 'none-hold'; readonly lowest: number; readonly next: NextToBreak }
  | { readonly status: 'nothing-measured' }
);

/**
 * The answer from what was measured, finished or not.
 *
 * @param isClientFull whether the load generator could not send what the search asked for next
 */
export function conclude(spec: SearchSpec, looks: readonly Look[], isClientFull = false): SearchOutcome {
  const loads = evidenceOf(spec.promises, looks);
  const parts = split(loads, spec.isMonotonic);
  const { tooLow, below, above } = parts;
  const common = {
    loads,
    contradictions: contradictions(parts),
    isFinished: nextStep(spec, looks).type === 'done',
    isClientFull,
    holdsFrom: tooLow.length === 0 ? null : (below[0]?.load ?? null),
  };
  const [low, high] = [below.at(-1), above[0]];
  if (high === undefined) {
    if (low === undefined) return { ...common, status: 'nothing-measured' };
    return { ...common, status: 'all-hold', highest: low.load };
  }
  const next = nextToBreak(spec, above.find(({ verdict }) => verdict === 'breaks') ?? high);
  const limit = limitOf(spec.promises, parts);
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

/** The promise that is worst at a load at which one breaks. */
function nextToBreak({ promises }: SearchSpec, { shares, isOverloaded }: LoadEvidence): NextToBreak {
  const scores = promises.map(({ allowedShare }, index) => sideOf(shares[index] ?? null, allowedShare).score);
  const worst = Math.min(...scores);
  return isOverloaded && worst > 0 ? { type: 'overload' } : { type: 'promise', index: scores.indexOf(worst) };
}
