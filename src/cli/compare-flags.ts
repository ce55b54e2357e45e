import { Flags } from '@oclif/core';
import { checkAllowed } from '../core/compare/differences.js';
import type { CompareOptions } from '../core/compare/compare.js';
import type { OverallVerdict } from '../core/compare/comparison.js';
import { parseThresholds } from '../core/compare/threshold.js';
import { exitCodes } from './exit-codes.js';
import { valuesOf } from './flags.js';

const gate = { helpGroup: 'GATE' };

/** What `compare` and `bench` share: what counts as a regression, and what becomes of the verdict. */
export const gateFlags = {
  'fail-on': Flags.string({
    ...gate,
    summary:
      'How much worse a figure may become: ttft.p95>10% (slower by more), output_tokens_per_second<5% (a loss of more). Repeatable.',
    multiple: true,
    multipleNonGreedy: true,
    delimiter: ',',
  }),
  strict: Flags.boolean({ ...gate, summary: 'Exit with 11 if the measurement cannot tell.' }),
  allow: Flags.string({
    ...gate,
    summary:
      'Differences that do not matter: plan, machine, model, engine, settings, or one field, such as machine.os. Repeatable.',
    multiple: true,
    multipleNonGreedy: true,
    delimiter: ',',
  }),
  github: Flags.boolean({
    ...gate,
    summary: "Annotate GitHub's page of the run, and add the report to the job's summary.",
  }),
};

/** Values of {@link gateFlags}. */
export interface GateFlagValues {
  readonly 'fail-on'?: readonly string[] | string | undefined;
  readonly strict: boolean;
  readonly allow?: readonly string[] | string | undefined;
  readonly github: boolean;
}

/** @throws ChatstreamError `usage` */
export function compareOptions(flags: Pick<GateFlagValues, 'fail-on' | 'allow'>): CompareOptions {
  const allowed = valuesOf(flags.allow);
  checkAllowed(allowed);
  return { thresholds: parseThresholds(valuesOf(flags['fail-on'])), allowed };
}

export function exitCodeOfVerdict(verdict: OverallVerdict, strict: boolean): number {
  if (verdict === 'regression') return exitCodes.regression;
  return verdict === 'inconclusive' && strict ? exitCodes.inconclusive : exitCodes.done;
}
