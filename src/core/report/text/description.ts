import { formatBytes, formatDuration } from '../../base/units.js';
import { listed, plural } from '../../measurement/numbers.js';
import type { Machine, Plan, TargetDescription } from '../../measurement/result-schema.js';
import { routeOf } from '../../measurement/workload/endpoints.js';
import { oneLine } from './escape.js';
import { inFlightText, leaverAndProbeItems, openLoopText } from './load-shape.js';

/** What was measured: model, server, address. */
export function targetItems({ model, server, engine, url }: TargetDescription): readonly string[] {
  const made = engine === null ? server : `${server} (${engine})`;
  return [model, made, url].map(oneLine).filter((item) => item !== '');
}

export function machineItems({ gpus, cpu, cores, memory_bytes, os }: Machine): readonly string[] {
  return [...counted(gpus), `${cpu}, ${plural(cores, 'core')}`, formatBytes(memory_bytes), os].map(oneLine);
}

/** `2 × NVIDIA H200` for two of the same. */
function counted(names: readonly string[]): readonly string[] {
  return [...new Set(names)].map((name) => {
    const count = names.filter((each) => each === name).length;
    return count === 1 ? name : `${count} × ${name}`;
  });
}

/** The load: what was sent, how often, for how long. */
export function loadItems(plan: Plan): readonly string[] {
  const requests = plan.tenants === undefined ? [tokens(plan), ...conversations(plan)] : tenants(plan);
  const items = [...endpointItems(plan), arrivals(plan), ...leaverAndProbeItems(plan), ...requests, extent(plan)];
  if (plan.trials > 1) items.push(plural(plan.trials, 'trial'));
  items.push(`seed ${plan.seed}${hasOwnWords(plan) ? ', new words' : ''}`);
  return items.map(oneLine);
}

/** Without --seed, only lengths and times are those of the seed: `--seed 1` would not send the same words again. */
function hasOwnWords({ workload, trace, prompt_salt: salt = 0 }: Plan): boolean {
  return (workload === 'synthetic' || trace !== undefined) && salt !== 0;
}

/** What was asked, if it was not streams of chat completions. */
function endpointItems({ endpoint, streaming }: Plan): readonly string[] {
  const isEmbeddings = endpoint === routeOf('embeddings');
  return [
    ...(endpoint === routeOf('chat') ? [] : [endpoint]),
    ...(streaming === false && !isEmbeddings ? ['whole answers'] : []),
  ];
}

function arrivals(plan: Plan): string {
  const { loop, concurrency, arrival, find_max: search } = plan;
  if (plan.trace !== undefined) return traceText(plan, plan.trace);
  if (search !== undefined && search.by !== 'max-concurrency') {
    const how = search.by === 'rate' ? `open loop, ${arrival ?? 'poisson'} arrivals` : 'closed loop';
    return `${how}, searched for the highest ${search.by === 'rate' ? 'rate' : 'number of clients'}`;
  }
  if (loop === 'open') return openLoopText(plan);
  return `closed loop of ${concurrency.join(', ')} ${concurrency.join() === '1' ? 'client' : 'clients'}`;
}

function traceText({ rate, max_in_flight: limit }: Plan, trace: NonNullable<Plan['trace']>): string {
  const at = trace.speed === 1 ? '' : ` at ${trace.speed} × its speed`;
  const sessions = trace.session_rows === 'none' ? '' : `, rows of a session are ${trace.session_rows}`;
  const requests = `trace of ${plural(trace.rows, 'request')}${at}, ${rate ?? '?'} requests/s on average`;
  return `${requests}${inFlightText(limit)}${sessions}`;
}

function tokens(plan: Plan): string {
  const { workload, input_tokens: input, output_tokens: output, shared_prefix_tokens: prefix } = plan;
  const prompts = workload === 'synthetic' ? '' : `${workload}, `;
  const shared = prefix > 0 ? ` (${prefix} of them shared)` : '';
  if (plan.endpoint === routeOf('embeddings'))
    return `${prompts}${input === null ? '' : `${input} tokens in`}${shared}`;
  return input === null ? `${prompts}at most ${output} tokens out` : `${prompts}${input} → ${output} tokens${shared}`;
}

function conversations({ turns, think_time: thinkTime, live_answers: live }: Plan): readonly string[] {
  const answers = live === true ? ["the server's own answers"] : [];
  return [
    ...(turns === undefined ? [] : [`${turns} turns`]),
    ...(thinkTime === undefined || thinkTime === '0ms' ? [] : [`${thinkTime} to think`]),
    ...(live === undefined ? [] : answers),
  ];
}

/** Each with requests of its own. */
function tenants({ tenants: all = [] }: Plan): readonly string[] {
  return [plural(all.length, 'tenant')];
}

function extent({ duration_ms: duration, requests, warmup_ms: warmup }: Plan): string {
  const limits: string[] = [];
  if (duration !== null) limits.push(formatDuration(duration));
  if (requests !== null) limits.push(plural(requests, 'request'));
  const per = `${limits.join(' or ')} per setting`;
  return warmup > 0 ? `${per} + ${formatDuration(warmup)} warm-up` : per;
}

/** The objectives of `--slo` in a sentence. */
export function objectivesText({ slo }: Plan): string {
  return listed(slo.map(oneLine));
}
