import type { Setting } from '../measurement/result-schema.js';
import type { ComparedMetric } from './compared-metric.js';
import type { Difference } from './differences.js';
import type { Interval } from '../statistics/ratio.js';
import type { Side } from './side.js';
import type { Threshold } from './threshold.js';
import type { GateOutcome, Tendency } from './verdict.js';

/** One figure at one setting, in both results. */
export interface ComparedRow {
  readonly settings: Setting;
  readonly metric: ComparedMetric;
  /** Milliseconds, a rate per second or a share; null if it is not known. */
  readonly baseline: number | null;
  readonly candidate: number | null;
  readonly trials: { readonly baseline: number; readonly candidate: number };
  /** Candidate ÷ baseline. */
  readonly ratio: number | null;
  readonly interval: Interval | null;
  readonly judgement: Judgement;
}

export type Judgement =
  | { readonly kind: 'gated'; readonly threshold: Threshold; readonly outcome: GateOutcome }
  | { readonly kind: 'shown'; readonly tendency: Tendency };

/** The verdict on everything: the worst of all rows with a threshold; `none` without thresholds. */
export type OverallVerdict = 'regression' | 'inconclusive' | 'pass' | 'none';

export interface Comparison {
  readonly baseline: Side;
  readonly candidate: Side;
  /** Both were measured in one run, turn by turn, and trials are compared in pairs. */
  readonly interleaved: boolean;
  readonly verdict: OverallVerdict;
  /** Worst first, those with a threshold before those without. */
  readonly rows: readonly ComparedRow[];
  /** Settings that only one of them has measured. */
  readonly unmatched: { readonly baseline: readonly Setting[]; readonly candidate: readonly Setting[] };
  /** Differences that were allowed. */
  readonly differences: readonly Difference[];
  /** What a reader should know that no row says, as sentences. */
  readonly notes: readonly string[];
}

export interface GatedRow extends ComparedRow {
  readonly judgement: Extract<Judgement, { kind: 'gated' }>;
}

export function gatedRows({ rows }: Pick<Comparison, 'rows'>): readonly GatedRow[] {
  return rows.filter(isGated);
}

export function isGated(row: ComparedRow): row is GatedRow {
  return row.judgement.kind === 'gated';
}
