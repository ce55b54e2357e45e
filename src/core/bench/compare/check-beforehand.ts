import type { BenchOptions } from '../options.js';
import { describePlan } from '../plan/describe-plan.js';
import type { Machine } from '../result/schema.js';
import { checkComparable, differencesOf } from './differences.js';
import type { Side } from './side.js';

/**
 * Finds out before anything is measured whether the result could be compared with a baseline at all, as far as that is known
 * then: the load and the machine. What a server says of itself is checked with the result.
 *
 * @throws ChatstreamError `usage` that names what differs
 */
export function checkBeforehand(
  baseline: Side,
  options: BenchOptions,
  machine: Machine,
  allowed: readonly string[],
): void {
  // The name of a prompts file and what the server understands are not known yet; equal until they are.
  const { workload, ignore_eos: ignoreEos } = baseline.plan;
  const promptsName = options.prompts.kind === 'synthetic' ? null : workload;
  const plan = describePlan(options, [], { promptsName, ignoreEos });
  const candidate = { ...baseline, machine, plan };
  checkComparable(differencesOf({ baseline, candidate, interleaved: false }), allowed);
}
