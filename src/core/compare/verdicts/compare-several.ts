import { ChatstreamError } from '../../base/errors.js';
import type { Comparison, OverallVerdict } from '../comparison.js';
import { type ComparableResult, separateSides, type Side } from '../side.js';
import { compare, type CompareOptions } from './compare.js';

/** Several candidates, each compared with the same baseline. */
export interface SeveralComparisons {
  readonly baseline: Side;
  /** In the order in which they were given. */
  readonly comparisons: readonly Comparison[];
  /** The worst of all. */
  readonly verdict: OverallVerdict;
}

interface NamedResult {
  readonly name: string;
  readonly result: ComparableResult;
}

const worstFirst = ['regression', 'inconclusive', 'pass', 'none'] as const satisfies readonly OverallVerdict[];

/**
 * Compares several results with one baseline. The intervals of each are wider than those of a single comparison would
 * be, so that all of them together are not wrong more often (Bonferroni).
 *
 * @param candidates at least one
 * @throws ChatstreamError `usage` if one of them is not comparable
 */
export function compareSeveral(
  baseline: NamedResult,
  candidates: readonly NamedResult[],
  options: Omit<CompareOptions, 'candidates'>,
): SeveralComparisons {
  const comparisons = candidates.map((candidate) => {
    try {
      return compare(separateSides(baseline, candidate), { ...options, candidates: candidates.length });
    } catch (error) {
      if (!(error instanceof ChatstreamError)) throw error;
      const hint = error.hint === undefined ? {} : { hint: error.hint };
      throw new ChatstreamError(error.code, `${candidate.name}: ${error.message}`, { ...hint, cause: error });
    }
  });
  const verdicts = new Set(comparisons.map(({ verdict }) => verdict));
  return {
    baseline: separateSides(baseline, baseline).baseline,
    comparisons,
    verdict: worstFirst.find((each) => verdicts.has(each)) ?? 'none',
  };
}
