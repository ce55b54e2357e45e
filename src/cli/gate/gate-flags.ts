import { Flags, type Interfaces } from '@oclif/core';
import type { OverallVerdict } from '../../core/compare/comparison.js';
import { checkAllowed } from '../../core/compare/differences.js';
import { parseThreshold, parseThresholds } from '../../core/compare/threshold.js';
import type { CompareOptions } from '../../core/compare/verdicts/compare.js';
import { exitCodes } from '../exit/exit-codes.js';
import { checkedListFlag, listFlag, valuesOf } from '../flags/flags.js';

const gate = { helpGroup: 'GATE' };

/** The flags that `compare` and `bench` share: what counts as a regression, and where to report the verdict. */
export const gateFlags = {
  'fail-on': checkedListFlag(parseThreshold)({
    ...gate,
    summary:
      'What counts as a regression: ttft.p95>10% (over 10 % slower), output_tokens_per_second<5% (over 5 % lower). Repeatable.',
  }),
  strict: Flags.boolean({ ...gate, summary: 'Exit with 11 if the result is inconclusive.' }),
  allow: listFlag({
    ...gate,
    summary:
      'Differences to accept: plan, machine, model, engine, settings, prompt_cache, or one field, such as machine.os. Repeatable.',
  }),
  github: Flags.boolean({
    ...gate,
    summary: 'Annotate the workflow run on GitHub, and add the report to its job summary.',
  }),
};

/** The values that oclif parses from them. */
export type GateFlags = Interfaces.InferredFlags<typeof gateFlags>;

/** @throws ChatstreamError `usage` */
export function compareOptions(flags: Pick<GateFlags, 'fail-on' | 'allow' | 'strict'>): CompareOptions {
  const allowed = valuesOf(flags.allow);
  checkAllowed(allowed);
  return { thresholds: parseThresholds(valuesOf(flags['fail-on'])), allowed, strict: flags.strict };
}

export function exitCodeOfVerdict(verdict: OverallVerdict, strict: boolean): number {
  if (verdict === 'regression') return exitCodes.regression;
  return verdict === 'inconclusive' && strict ? exitCodes.inconclusive : exitCodes.done;
}
