import { randomInt } from 'node:crypto';
import { isRecord } from '../../../core/base/json.js';
import { parseDuration } from '../../../core/base/units.js';
import { inShortTrials } from '../../../core/bench/plan/interleaving.js';
import type { BenchOptions } from '../../../core/bench/plan/options.js';
import { type RateStage, totalMs } from '../../../core/bench/plan/stages.js';
import { ownParametersOf } from '../../../core/bench/workload/request-body.js';
import { parseObjective } from '../../../core/measurement/settings/objectives.js';
import type { Endpoint } from '../../../core/measurement/workload/endpoints.js';
import { type FlagOrigins, valuesOf } from '../../flags/flags.js';
import { type BenchFlags, usualDuration, usualExtension } from '../flags/flags.js';
import { agentsOf } from './agents.js';
import { refuseContradictions } from './contradictions.js';
import { duetOf } from './duet.js';
import { formOf, headersFor } from './endpoint.js';
import type { BenchFiles } from './files.js';
import { isOpenLoop, loadOf, refuseShapes, stagesOf } from './load.js';
import { refuse } from './refuse.js';
import { abortRulesOf, findMaxOf, refuseWithSearch } from './search.js';
import { targetOf, validUrl } from './target.js';
import { clientsOfTenants, withFirstKey } from './tenants.js';
import { withTrace } from './trace.js';
import { conversationsOf } from './workload.js';

/** The package that is running. */
interface Package {
  /** Where `bin/` is. */
  readonly root: string;
  readonly version: string;
}

/**
 * The options of the bench that the flags describe.
 *
 * @param files the contents of files that decide about the load
 * @throws ChatstreamError `usage` for flags that make no sense
 */
export function benchOptions(
  flags: BenchFlags,
  origins: FlagOrigins,
  { root, version }: Package,
  { tenants = [], trace = null, command = null }: BenchFiles = {},
): BenchOptions {
  refuseContradictions(flags, origins);
  refuseShapes(flags, origins);
  refuseWithSearch(flags, origins);
  const ownClients = clientsOfTenants(tenants, flags, origins);
  const findMax = findMaxOf(flags, origins);
  const stages = stagesOf(flags);
  const form = formOf(flags, origins);
  const { endpoint } = form;
  const options: BenchOptions = {
    target: targetOf(ownClients === null ? flags : { ...flags, concurrency: [ownClients] }, origins, root, endpoint),
    versus: flags.versus === undefined ? null : validUrl(flags.versus),
    duet: duetOf(flags, origins),
    headers: withFirstKey(headersOf(flags, endpoint), tenants, endpoint),
    caPath: flags.ca ?? null,
    // oclif returns undefined for a flag of this kind that was not given, whatever its type says.
    insecure: Boolean(flags.insecure),
    modelName: flags['model-name'] ?? null,
    form,
    extraBody: flags['extra-body'] === undefined ? null : jsonObject(flags['extra-body']),
    omittedParams: omittedParamsOf(flags, endpoint),
    load: ownClients === null ? loadOf(flags, findMax) : { type: 'closed', concurrency: [ownClients] },
    findMax,
    abortOn: abortRulesOf(flags),
    maxConcurrency: flags['max-concurrency'] ?? null,
    sweepUpTo: ownClients ?? Math.max(...flags.concurrency),
    ...(isOpenLoop(flags) && findMax === null && origins.isTyped('concurrency') && { isSweepGiven: true }),
    ...extentOf(flags, stages),
    warmupMs: flags.warmup,
    trials: flags.trials.most,
    leastTrials: flags.trials.least,
    maxDurationMs: flags['max-duration'] ?? null,
    seed: flags.seed,
    promptSalt: origins.isGiven('seed') ? 0 : randomInt(1, 2 ** 32),
    timeoutMs: flags.timeout,
    cancel: flags.cancel ?? null,
    probeRate: flags['probe-rate'] ?? null,
    waitReadyMs: flags['wait-ready'] ?? null,
    workers: flags.workers ?? null,
    agents: agentsOf(flags, origins),
    prompts:
      flags.prompts === undefined
        ? { type: 'synthetic', inputTokens: flags['input-tokens'] }
        : { type: 'file', path: flags.prompts },
    conversations: conversationsOf(flags, origins),
    tenants,
    trace,
    command,
    outputTokens: flags['output-tokens'],
    sharedPrefixTokens: flags['shared-prefix'],
    objectives: valuesOf(flags.slo).map(parseObjective),
    samplesPath: flags.samples ?? null,
    version,
  };
  if (trace !== null) return withTrace(options, trace, flags, origins);
  return options.versus === null ? options : inShortTrials(options);
}

/**
 * How long each setting is measured, or with how many requests. Only the usual duration is extended where too few requests have
 * been answered by then.
 */
function extentOf(
  { duration, requests }: BenchFlags,
  stages: readonly RateStage[] | undefined,
): Pick<BenchOptions, 'durationMs' | 'requests' | 'extension'> {
  const planned = { durationMs: null, requests: null, extension: null };
  if (stages !== undefined) return { ...planned, durationMs: totalMs(stages) };
  if (requests !== undefined) return { ...planned, requests };
  if (duration !== undefined) return { ...planned, durationMs: duration };
  const extension = { requests: usualExtension.requests, longestMs: parseDuration(usualExtension.longest) };
  return { ...planned, durationMs: parseDuration(usualDuration), extension };
}

function headersOf(flags: BenchFlags, endpoint: Endpoint): Readonly<Record<string, string>> {
  // CHATSTREAM_API_KEY may hold all keys of a server. A bearer token cannot contain a comma (RFC 6750, 2.1).
  const [key] = flags['api-key']?.split(',') ?? [];
  const headers = headersFor(endpoint, key?.trim());
  for (const header of valuesOf(flags.header)) {
    const match = /^([\w!#$%&'*+.^`|~-]+)\s*:\s*(.*)$/.exec(header);
    if (match?.[1] === undefined || match[2] === undefined) {
      return refuse(`"${header}" is not a header.`, 'Write --header "name: value".');
    }
    headers[match[1].toLowerCase()] = match[2];
  }
  return headers;
}

/** In the order of the request, each once, so that equal plans look equal. */
function omittedParamsOf(flags: BenchFlags, endpoint: Endpoint): readonly string[] {
  const ownParameters = ownParametersOf(endpoint);
  const given = valuesOf(flags['no-param']);
  const unknown = given.find((name) => !ownParameters.includes(name));
  if (unknown !== undefined) {
    const problem =
      unknown === '' ? '--no-param is empty.' : `--no-param ${unknown} does not name a parameter that the bench sets.`;
    return refuse(problem, `The bench sets ${ownParameters.join(', ')}.`);
  }
  return ownParameters.filter((name) => given.includes(name));
}

function jsonObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (isRecord(value) && !Array.isArray(value)) return value;
  } catch {
    // Text that is not JSON is not a JSON object either.
  }
  return refuse(
    text.trim() === '' ? '--extra-body is empty.' : `--extra-body ${text} is not a JSON object.`,
    `Write it as '{"top_k":1}', in quotes so that the shell leaves it alone.`,
  );
}
