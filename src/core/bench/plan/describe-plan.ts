import { type ConversationShape, hasTurns, isSequential } from '../../measurement/conversation-shape.js';
import type { FindMaxPlan } from '../../measurement/find-max-schema.js';
import { formatLengths } from '../../measurement/lengths.js';
import type { Plan, Setting } from '../../measurement/result-schema.js';
import { formatThinkTime } from '../../measurement/think-time.js';
import { type BenchOptions, type FindMaxOptions, requestsPath } from './options.js';

/** The plan as the result has it: everything that shapes the load. */
export function describePlan(
  options: BenchOptions,
  settings: readonly Setting[],
  { promptsName, ignoreEos }: { readonly promptsName: string | null; readonly ignoreEos: boolean },
): Plan {
  const { load, prompts } = options;
  const swept = [...new Set(settings.flatMap(({ max_concurrency: each }) => each ?? []))];
  return {
    loop: load.type,
    concurrency: load.type === 'closed' ? [...load.concurrency] : [],
    max_concurrency: swept.length === 0 ? null : swept,
    rate: load.type === 'open' && load.rates.length === 1 ? (load.rates[0] ?? null) : null,
    ...(load.type === 'open' && load.rates.length > 1 ? { rates: [...load.rates] } : {}),
    arrival: load.type === 'open' ? load.arrival : null,
    duration_ms: options.durationMs,
    requests: options.requests,
    warmup_ms: options.warmupMs,
    trials: options.trials,
    ...(options.leastTrials < options.trials ? { trials_least: options.leastTrials } : {}),
    workload: promptsName ?? 'synthetic',
    input_tokens: prompts.type === 'synthetic' ? formatLengths(prompts.inputTokens) : null,
    output_tokens: formatLengths(options.outputTokens),
    ignore_eos: ignoreEos && !isLeftOut('ignore_eos', options),
    shared_prefix_tokens: options.sharedPrefixTokens,
    ...describeConversations(options.conversations),
    seed: options.seed,
    prompt_salt: options.promptSalt,
    timeout_ms: options.timeoutMs,
    endpoint: requestsPath,
    extra_body: options.extraBody === null ? null : { ...options.extraBody },
    no_param: [...options.omittedParams],
    slo: options.objectives.map(({ text }) => text),
    ...(options.abortOn.length === 0 ? {} : { abort_on: options.abortOn.map(({ text }) => text) }),
    ...(options.findMax === null ? {} : { find_max: describeSearch(options.findMax) }),
    ...(options.extension === null
      ? {}
      : { least_requests: options.extension.requests, longest_ms: options.extension.longestMs }),
  };
}

/** Nothing if each request stands alone. */
function describeConversations(shape: ConversationShape): Pick<Plan, 'turns' | 'think_time' | 'live_answers'> {
  const { turns, thinkTime, live } = shape;
  if (!isSequential(shape)) return {};
  return {
    ...(hasTurns(shape) ? { turns: formatLengths(turns) } : {}),
    think_time: formatThinkTime(thinkTime),
    live_answers: live,
  };
}

function describeSearch({ promises, by, precision, start }: FindMaxOptions): FindMaxPlan {
  return { promises: promises.map(({ text }) => text), by, precision, start };
}

function isLeftOut(name: string, { omittedParams, extraBody }: BenchOptions): boolean {
  return omittedParams.includes(name) || extraBody?.[name] === null;
}
