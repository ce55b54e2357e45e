import { Flags } from '@oclif/core';
import { ChatstreamError } from '../core/base/errors.js';
import { arrivals, type BenchOptions, type TargetOptions } from '../core/bench/plan/options.js';
import { parseLengths } from '../core/measurement/lengths.js';
import { parseObjective } from '../core/measurement/objectives.js';
import { inShortTrials } from '../core/bench/plan/interleaving.js';
import { gateFlags } from './compare-flags.js';
import { durationFlag, fromEnvironment, integersFlag, lengthsFlag, valuesOf } from './flags.js';
import { ownServerFlags } from './own-server-flags.js';

const load = { helpGroup: 'LOAD' };
const requests = { helpGroup: 'REQUESTS' };
const target = { helpGroup: 'TARGET' };
const output = { helpGroup: 'OUTPUT' };

export const benchFlags = fromEnvironment({
  concurrency: integersFlag({
    ...load,
    char: 'c',
    summary: 'Clients that each keep one request in flight. A list (1,2,4,8) runs each.',
    default: [8],
    defaultHelp: () => Promise.resolve('8'),
  }),
  'max-concurrency': integersFlag({
    ...load,
    char: 'n',
    summary: 'Settings of the server to sweep (1,2,4). [default: 1, 2, 4, … up to --concurrency]',
  }),
  rate: Flags.custom<number>({ parse: (input) => Promise.resolve(positiveNumber('--rate', input)) })({
    ...load,
    summary: 'Open loop: so many requests per second, whatever the answers do. May be a fraction.',
  }),
  arrival: Flags.option({
    ...load,
    summary: 'How an open loop spreads its requests.',
    options: arrivals,
    default: 'poisson' as const,
  })(),
  duration: durationFlag({
    ...load,
    char: 'd',
    summary: 'How long requests are sent per setting. [default: 10s]',
    exclusive: ['requests'],
  }),
  requests: Flags.integer({
    ...load,
    char: 'r',
    summary: 'Requests per setting, instead of a duration.',
    min: 1,
  }),
  warmup: durationFlag({
    ...load,
    summary: 'Load before each measurement that is not counted.',
    default: 1000,
    defaultHelp: () => Promise.resolve('1s'),
  }),
  trials: Flags.integer({
    ...load,
    summary: 'Repeats of every setting, interleaved (1,2,4,8, 1,2,4,8, …).',
    min: 1,
    max: 1000,
    default: 1,
  }),
  seed: Flags.integer({
    ...load,
    summary: 'The same seed sends the same requests at the same intended times.',
    default: 1,
  }),
  timeout: durationFlag({
    ...load,
    summary: 'Longest time for one request; 0 is unlimited.',
    default: 120_000,
    defaultHelp: () => Promise.resolve('120s'),
  }),
  workers: Flags.integer({
    ...load,
    summary: 'Threads that send. [default: as many as the planned load needs]',
    min: 1,
    max: 64,
  }),

  'input-tokens': lengthsFlag({
    ...requests,
    summary: 'Length of the prompts: 64, 64±16 (mean and deviation) or 32-128.',
    default: parseLengths('64'),
    defaultHelp: () => Promise.resolve('64'),
  }),
  'output-tokens': lengthsFlag({
    ...requests,
    summary: 'Length of the answers, likewise. Servers that can are told to ignore the end of the text.',
    default: parseLengths('64'),
    defaultHelp: () => Promise.resolve('64'),
  }),
  prompts: Flags.string({
    ...requests,
    summary: 'JSONL file with prompts instead: {"messages":[…]}, {"prompt":"…"} or ShareGPT conversations.',
  }),
  'shared-prefix': Flags.integer({
    ...requests,
    summary: 'Tokens that all prompts begin with.',
    min: 0,
    default: 0,
  }),
  slo: Flags.string({
    ...requests,
    summary: 'Objective, such as ttft.p95<500ms or e2e<5s. Repeatable. Goodput counts the requests that met all.',
    multiple: true,
    multipleNonGreedy: true,
    delimiter: ',',
  }),

  url: Flags.string({
    ...target,
    char: 'u',
    summary: 'Base URL of an OpenAI-compatible server. Without it, a server is started for the bench.',
  }),
  versus: Flags.string({
    ...target,
    summary:
      'Base URL of a second server (the baseline), measured in turns with the first: long trials in 4 short ones.',
  }),
  baseline: Flags.file({
    ...target,
    summary: 'Result of an earlier bench (-o result.json) to compare with.',
    exclusive: ['versus'],
  }),
  'api-key': Flags.string({ ...target, summary: 'Key to send as a bearer token.' }),
  header: Flags.string({
    ...target,
    summary: 'Further header, as "name: value". Repeatable.',
    multiple: true,
    multipleNonGreedy: true,
  }),
  'model-name': Flags.string({ ...target, summary: 'Model to ask for. [default: the first in /v1/models]' }),
  'extra-body': Flags.string({ ...target, summary: 'JSON object with more parameters: \'{"top_k":1}\'.' }),

  output: Flags.string({
    ...output,
    char: 'o',
    summary: 'File for the result; its extension says which type: .json .csv .md .html .hgrm .xml (JUnit). Repeatable.',
    multiple: true,
    multipleNonGreedy: true,
    delimiter: ',',
  }),
  samples: Flags.string({ ...output, summary: 'File for every single request, as JSON lines.' }),
  'enforce-slo': Flags.boolean({
    ...output,
    summary: 'Exit with 12 if an objective of --slo is missed.',
    dependsOn: ['slo'],
  }),
  ...gateFlags,
  ...ownServerFlags,
});

/** Values of {@link benchFlags} that say what to measure. */
export interface BenchFlagValues {
  readonly concurrency: readonly number[];
  readonly 'max-concurrency'?: readonly number[] | undefined;
  readonly rate?: number | undefined;
  readonly arrival: (typeof arrivals)[number];
  readonly duration?: number | undefined;
  readonly requests?: number | undefined;
  readonly warmup: number;
  readonly trials: number;
  readonly seed: number;
  readonly timeout: number;
  readonly workers?: number | undefined;
  readonly 'input-tokens': BenchOptions['outputTokens'];
  readonly 'output-tokens': BenchOptions['outputTokens'];
  readonly prompts?: string | undefined;
  readonly 'shared-prefix': number;
  readonly slo?: readonly string[] | string | undefined;
  readonly versus?: string | undefined;
  readonly 'api-key'?: string | undefined;
  readonly header?: readonly string[] | string | undefined;
  readonly 'model-name'?: string | undefined;
  readonly 'extra-body'?: string | undefined;
  readonly samples?: string | undefined;
}

/** One setting takes this long if nobody says otherwise. */
const defaultDurationMs = 10_000;

/**
 * What the flags mean for the bench.
 *
 * @throws ChatstreamError `usage` for what makes no sense
 */
export function benchOptions(flags: BenchFlagValues, server: TargetOptions, version: string): BenchOptions {
  const options: BenchOptions = {
    target: server.type === 'url' ? { type: 'url', url: validUrl(server.url) } : server,
    versus: flags.versus === undefined ? null : validUrl(flags.versus),
    headers: headersOf(flags),
    modelName: flags['model-name'] ?? null,
    extraBody: flags['extra-body'] === undefined ? null : jsonObject(flags['extra-body']),
    load:
      flags.rate === undefined
        ? { type: 'closed', concurrency: flags.concurrency }
        : { type: 'open', rate: flags.rate, arrival: flags.arrival },
    maxConcurrency: flags['max-concurrency'] ?? null,
    sweepUpTo: Math.max(...flags.concurrency),
    durationMs: flags.requests === undefined ? (flags.duration ?? defaultDurationMs) : null,
    requests: flags.requests ?? null,
    warmupMs: flags.warmup,
    trials: flags.trials,
    seed: flags.seed,
    timeoutMs: flags.timeout,
    workers: flags.workers ?? null,
    prompts:
      flags.prompts === undefined
        ? { type: 'synthetic', inputTokens: flags['input-tokens'] }
        : { type: 'file', path: flags.prompts },
    outputTokens: flags['output-tokens'],
    sharedPrefixTokens: flags['shared-prefix'],
    objectives: valuesOf(flags.slo).map(parseObjective),
    samplesPath: flags.samples ?? null,
    version,
  };
  return options.versus === null ? options : inShortTrials(options);
}

function headersOf(flags: BenchFlagValues): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  if (flags['api-key'] !== undefined) headers['authorization'] = `Bearer ${flags['api-key']}`;
  for (const header of typeof flags.header === 'string' ? [flags.header] : (flags.header ?? [])) {
    const match = /^([\w!#$%&'*+.^`|~-]+)\s*:\s*(.*)$/.exec(header);
    if (match?.[1] === undefined || match[2] === undefined) {
      throw new ChatstreamError('usage', `"${header}" is not a header.`, { hint: 'Write --header "name: value".' });
    }
    headers[match[1].toLowerCase()] = match[2];
  }
  return headers;
}

function jsonObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // What is no JSON is no JSON object.
  }
  throw new ChatstreamError('usage', `--extra-body ${text} is not a JSON object.`, {
    hint: `Write it as '{"top_k":1}', in quotes that keep the shell away from it.`,
  });
}

function validUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && url.username + url.password !== '') {
    throw new ChatstreamError('usage', `The URL of ${url.host} has a password in it, which would be in the results.`, {
      hint: 'Send it as --header "authorization: Basic …".',
    });
  }
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return text;
  throw new ChatstreamError('usage', `"${text}" is not the URL of a server.`, {
    hint: 'Write it in full, such as http://127.0.0.1:8000.',
  });
}

function positiveNumber(flag: string, text: string): number {
  const value = /^\d*\.?\d+$/.test(text) ? Number(text) : NaN;
  if (value > 0 && Number.isFinite(value)) return value;
  throw new ChatstreamError('usage', `${flag} ${text} is not a number above 0.`);
}
