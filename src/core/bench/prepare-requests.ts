import type { BenchOptions } from './plan/options.js';
import { blockTokens } from './plan/trace.js';
import type { Prepared } from './planned-job.js';
import { probed } from './target/probe.js';
import type { Target } from './target/target.js';
import { needsRunningUsage } from './target/token-packing.js';
import { type MeasuredScale, measureTokenScale } from './target/token-scale.js';
import { prepareTenants } from './tenant-loads.js';
import type { PromptsFile } from './workload/prompts-file.js';
import { assumedScale } from './workload/words.js';
import type { SyntheticSpec, WorkloadSpec } from './workload/workload.js';

/** For results whose requests differ from those to other servers. */
const runningUsageNote =
  'The server puts several tokens into a chunk. Requests therefore ask for the usage with every chunk ' +
  '(continuous_usage_stats), so that tokens are counted as they arrive.';

/**
 * Decides what the bench sends: asks the servers how many tokens a word has and whether they put several tokens into a
 * chunk, and creates the workload from that.
 *
 * @param targets the first of them sets the scale of all prompts
 * @param prompts null without a file of prompts
 * @param ignoreEos whether all servers continue after the end of an answer
 */
export async function prepareRequests(
  options: BenchOptions,
  targets: readonly Target[],
  prompts: PromptsFile | null,
  ignoreEos: boolean,
  signal: AbortSignal,
): Promise<Prepared> {
  const { seed, promptSalt: salt, outputTokens, sharedPrefixTokens } = options;
  const needsScale = prompts === null || sharedPrefixTokens > 0 || options.tenants.length > 0;
  const scales: MeasuredScale[] = [];
  // The scale of a second server is not used, but measuring it shows whether that server accepts the requests.
  for (const target of needsScale ? targets : []) {
    const { url } = target.description;
    scales.push(await probed(target, options, signal, (client, body) => measureTokenScale(client, body, url)));
  }
  const { scale, problem } = scales[0] ?? { scale: assumedScale, problem: null };
  const runningUsage = await needsRunningUsage(targets, options, signal);
  const warnings = [
    ...(problem === null ? [] : [unknownScale(problem)]),
    ...(prompts?.leftOut == null ? [] : [prompts.leftOut]),
    ...(options.trace?.trace.leftOut == null ? [] : [options.trace.trace.leftOut]),
    ...(runningUsage ? [runningUsageNote] : []),
  ];
  const common = { seed, salt, outputTokens, sharedPrefixTokens, scale, shape: options.conversations };
  const workload = workloadOf(options, prompts, common);
  const tenants = await prepareTenants(options.tenants, common, options.form.endpoint);
  return { workload, tenants, promptsName: prompts?.name ?? null, ignoreEos, runningUsage, warnings };
}

/** A trace, if there is one; else the file of prompts, if there is one; else synthetic prompts. */
function workloadOf(
  { outputTokens, prompts: source, trace: replay }: Pick<BenchOptions, 'outputTokens' | 'prompts' | 'trace'>,
  prompts: PromptsFile | null,
  common: Omit<SyntheticSpec, 'type' | 'inputTokens'>,
): WorkloadSpec {
  const { seed, salt, scale } = common;
  if (replay !== null) return { type: 'trace', seed, salt, scale, blockTokens, rows: replay.trace.rows };
  if (prompts !== null) {
    return { type: 'prompts', conversations: prompts.conversations, wishes: prompts.wishes, ...common };
  }
  return { type: 'synthetic', inputTokens: source.type === 'synthetic' ? source.inputTokens : outputTokens, ...common };
}

function unknownScale(problem: string): string {
  return `Prompts may be longer or shorter than planned, because the request that measures their tokens failed: ${problem}`;
}
