import { checkFilesApart, type FlagOrigins, valuesOf } from '../../flags/flags.js';
import type { BenchFlags } from '../flags/flags.js';
import { refuse } from './refuse.js';

/**
 * Refuses flags that would have no effect, or would spoil each other's. Only typed flags count: variables may be set
 * for other commands, or for other benches.
 *
 * @throws ChatstreamError `usage`
 */
export function refuseContradictions(flags: BenchFlags, { isTyped }: FlagOrigins): void {
  const isCompared = flags.baseline !== undefined || flags.versus !== undefined;
  if (flags.duration === 0)
    refuse('Nothing can be measured with --duration 0.', 'Give a time such as 10s, or --requests.');
  if (flags['max-duration'] === 0) {
    refuse('Nothing can be measured with --max-duration 0.', 'Give a time such as 15m, or leave it out.');
  }
  if (flags.prompts !== undefined && isTyped('input-tokens')) {
    refuse('--input-tokens is for synthetic prompts, but --prompts names a file.', 'Leave out one of the two.');
  }
  for (const name of ['allow', 'github'] as const) {
    if (isTyped(name) && !isCompared) {
      refuse(`--${name} is for a comparison, but there is nothing to compare with.`, 'Add --versus or --baseline.');
    }
  }
  if (isTyped('strict') && !isCompared && !flags['enforce-slo']) {
    refuse('--strict needs something to judge.', 'Add --versus, --baseline or --enforce-slo.');
  }
  if (flags.trials.least < flags.trials.most && (!isCompared || flags['fail-on'] === undefined)) {
    refuse(
      `--trials ${flags.trials.least}..${flags.trials.most} adds trials until the gate can decide, but there is no gate.`,
      'Add --versus or --baseline, and --fail-on; or give one number of trials.',
    );
  }
  for (const name of ['ca', 'insecure', 'wait-ready'] as const) {
    if (isTyped(name) && flags.url === undefined) {
      refuse(`--${name} is for a server that is running, but --url names none.`, 'Add --url, or leave it out.');
    }
  }
  const samples = flags.samples === undefined ? [] : [flags.samples];
  checkFilesApart([...valuesOf(flags.output), ...samples], [flags.prompts, flags.baseline, flags.ca]);
}
