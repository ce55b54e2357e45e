import type { Setting } from '../measurement/result-schema.js';
import type { Interval } from '../statistics/ratio.js';
import type { JudgedMetric } from './compared-metric.js';
import type { Difference } from './differences.js';
import type { Judgement } from './judgement.js';
import type { TwoModels } from './models.js';
import type { Side } from './side.js';

/** One figure at one setting, in both results. */
export interface ComparedRow {
  readonly settings: Setting;
  readonly metric: JudgedMetric;
  /** Milliseconds, a rate per second or a share; null if unknown. */
  readonly baseline: number | null;
  readonly candidate: number | null;
  readonly trials: { readonly baseline: number; readonly candidate: number };
  /** Candidate ÷ baseline. */
  readonly ratio: number | null;
  readonly interval: Interval | null;
  /** The interval without an allowance for the load generator's own delay. */
  readonly spread: Interval | null;
  readonly judgement: Judgement;
}

/**
 * The verdict on everything: the worst of all rows with a threshold; `none` without thresholds, if anything was
 * compared.
 */
export type OverallVerdict = 'regression' | 'inconclusive' | 'pass' | 'none';

export interface Comparison {
  readonly baseline: Side;
  readonly candidate: Side;
  /** Both were measured alternately in one run, and trials are compared in pairs. */
  readonly interleaved: boolean;
  readonly verdict: OverallVerdict;
  /** Worst first, those with a threshold before those without. */
  readonly rows: readonly ComparedRow[];
  /** Settings that only one of them has measured. */
  readonly unmatched: { readonly baseline: readonly Setting[]; readonly candidate: readonly Setting[] };
  /** Differences that were allowed. */
  readonly differences: readonly Difference[];
  /** The models of two servers measured in one run, if they differ and that is not allowed; otherwise null. */
  readonly models: TwoModels | null;
  /** What a reader should know and cannot see in the rows, as sentences. */
  readonly notes: readonly string[];
}

export interface GatedRow extends ComparedRow {
  readonly judgement: Extract<Judgement, { type: 'gated' }>;
}

export function gatedRows({ rows }: Pick<Comparison, 'rows'>): readonly GatedRow[] {
  return rows.filter(isGated);
}

export function isGated(row: ComparedRow): row is GatedRow {
  return row.judgement.type === 'gated';
}

/** Whether more trials could not change that a figure has its verdict, or that it has none. */
export function isDecided({ rows }: Pick<Comparison, 'rows'>): boolean {
  return gatedRows({ rows }).every(({ judgement: { outcome } }) => {
    if (outcome.verdict !== 'inconclusive') return true;
    return 'isLasting' in outcome.doubt && outcome.doubt.isLasting;
  });
}

const severity = { regression: 0, inconclusive: 1, pass: 2, improvement: 3 } as const;
const tendencies = { worse: 4, unclear: 5, better: 6 } as const;

/** Worst first: by verdict, then by how much worse it became. */
export function worstFirst(rows: readonly ComparedRow[]): readonly ComparedRow[] {
  return rows.toSorted((one, other) => rank(one) - rank(other) || worsening(other) - worsening(one));
}

/**
 * The worst verdict of all rows with a threshold, if there are thresholds. A measurement that ended early cannot pass,
 * whatever was measured by then, and neither can one without such a row; a candidate that was lost before the end is a
 * regression.
 */
export function overallVerdict(
  rows: readonly ComparedRow[],
  { baseline, candidate }: Pick<Comparison, 'baseline' | 'candidate'>,
): OverallVerdict {
  const verdicts = rows.filter(isGated).map(({ judgement }) => judgement.outcome.verdict);
  if (verdicts.includes('regression') || candidate.endedEarly?.cause === 'target-lost') return 'regression';
  const isWhole = baseline.endedEarly === null && candidate.endedEarly === null;
  const isJudged = verdicts.length > 0 && !verdicts.includes('inconclusive');
  return isJudged && isWhole ? 'pass' : 'inconclusive';
}

function rank({ judgement }: ComparedRow): number {
  return judgement.type === 'gated' ? severity[judgement.outcome.verdict] : tendencies[judgement.tendency];
}

/** The logarithm of the ratio, positive for worse; unknown ratios come first, so that they are noticed. */
function worsening({ ratio, metric }: ComparedRow): number {
  if (ratio === null) return Number.MAX_VALUE;
  const log = Math.max(-Number.MAX_VALUE, Math.log(ratio));
  return metric.type === 'latency' ? log : -log;
}
