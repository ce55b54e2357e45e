import { basename } from 'node:path';
import type { FindMaxPlan, Plan, Setting } from '../../measurement/result-schema.js';
import { type ConversationShape, hasTurns, isSequential } from '../../measurement/workload/conversation-shape.js';
import { routeOf } from '../../measurement/workload/endpoints.js';
import { formatLengths } from '../../measurement/workload/lengths.js';
import { formatThinkTime } from '../../measurement/workload/think-time.js';
import type { BenchOptions, FindMaxOptions } from './options.js';
import type { RateStage } from './stages.js';
import type { Tenant } from './tenants.js';
import type { TraceReplay } from './trace.js';

/** The plan in the form of the result: everything that shapes the load. */
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
    ...arrivalOf(options),
    ...(options.trace === null ? {} : { trace: describeTrace(options.trace) }),
    duration_ms: options.durationMs,
    requests: options.requests,
    warmup_ms: options.warmupMs,
    trials: options.trials,
    ...(options.leastTrials < options.trials ? { trials_least: options.leastTrials } : {}),
    ...(options.duet ? { duet: true } : {}),
    workload: options.trace?.trace.name ?? promptsName ?? 'synthetic',
    input_tokens: prompts.type === 'synthetic' && options.trace === null ? formatLengths(prompts.inputTokens) : null,
    output_tokens: formatLengths(options.outputTokens),
    ignore_eos: ignoreEos && !isLeftOut('ignore_eos', options),
    shared_prefix_tokens: options.sharedPrefixTokens,
    ...describeConversations(options.conversations),
    ...(options.tenants.length === 0 ? {} : { tenants: options.tenants.map(describeTenant) }),
    seed: options.seed,
    prompt_salt: options.promptSalt,
    timeout_ms: options.timeoutMs,
    endpoint: routeOf(options.form.endpoint),
    ...(options.form.streaming ? {} : { streaming: false }),
    extra_body: options.extraBody === null ? null : { ...options.extraBody },
    no_param: [...options.omittedParams],
    slo: options.objectives.map(({ text }) => text),
    ...(options.abortOn.length === 0 ? {} : { abort_on: options.abortOn.map(({ text }) => text) }),
    ...(options.findMax === null ? {} : { find_max: describeSearch(options.findMax) }),
    ...(options.cancel === null ? {} : { cancel: options.cancel.text }),
    ...(options.probeRate === null ? {} : { probe_rate: options.probeRate }),
    ...(options.extension === null
      ? {}
      : { least_requests: options.extension.requests, longest_ms: options.extension.longestMs }),
  };
}

/** When requests are due. */
function arrivalOf({
  load,
  trace,
}: Pick<BenchOptions, 'load' | 'trace'>): Pick<Plan, 'arrival' | 'arrival_cv' | 'stages' | 'max_in_flight'> {
  if (load.type === 'closed') return { arrival: null };
  const { stages, maxInFlight } = load;
  return {
    ...(trace === null ? spacing(load) : { arrival: null }),
    ...(stages === undefined ? {} : { stages: stages.map(describeStage) }),
    ...(maxInFlight === undefined ? {} : { max_in_flight: maxInFlight }),
  };
}

function spacing({ arrival }: Extract<BenchOptions['load'], { type: 'open' }>): Pick<Plan, 'arrival' | 'arrival_cv'> {
  return typeof arrival === 'string' ? { arrival } : { arrival: arrival.type, arrival_cv: arrival.cv };
}

function describeStage({ fromRate, toRate, durationMs }: RateStage): NonNullable<Plan['stages']>[number] {
  return { from_rate: fromRate, to_rate: toRate, duration_ms: durationMs };
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

/** Everything but the key. */
function describeTenant(tenant: Tenant): NonNullable<Plan['tenants']>[number] {
  const { name, portion, weight, priority, prompts, outputTokens, sharedPrefixTokens, conversations } = tenant;
  return {
    name,
    ...(portion.type === 'share' ? { share: portion.share } : { clients: portion.clients }),
    weight,
    ...(priority === null ? {} : { priority }),
    workload: prompts.type === 'synthetic' ? 'synthetic' : basename(prompts.path),
    ...(prompts.type === 'synthetic' ? { input_tokens: formatLengths(prompts.inputTokens) } : {}),
    output_tokens: formatLengths(outputTokens),
    shared_prefix_tokens: sharedPrefixTokens,
    ...describeConversations(conversations),
  };
}

function describeTrace({ trace, speed }: TraceReplay): NonNullable<Plan['trace']> {
  const seconds = (trace.rows.at(-1)?.atMs ?? 0) / 1000;
  return { format: trace.format, rows: trace.rows.length, seconds, speed, session_rows: trace.sessionRows };
}

function describeSearch({ objectives, by, precision, start }: FindMaxOptions): FindMaxPlan {
  return { promises: objectives.map(({ text }) => text), by, precision, start };
}

function isLeftOut(name: string, { omittedParams, extraBody }: BenchOptions): boolean {
  return omittedParams.includes(name) || extraBody?.[name] === null;
}
