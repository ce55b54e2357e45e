import { Flags, type Interfaces } from '@oclif/core';
import { parseAbortRule } from '../../../core/bench/plan/abort-rules.js';
import { findMaxQuantities } from '../../../core/bench/plan/options.js';
import { parseObjective } from '../../../core/measurement/settings/objectives.js';
import { clusterFlags } from '../../connection/cluster-flags.js';
import {
  checkedListFlag,
  defaultDuration,
  defaultIntegers,
  defaultInWords,
  defaultLengths,
  defaultPrecision,
  defaultTrials,
  durationFlag,
  fromEnvironment,
  integersFlag,
  lengthsFlag,
  listFlag,
  positiveNumbersFlag,
  precisionFlag,
  repeatableFlag,
  trialsFlag,
} from '../../flags/flags.js';
import { gateFlags } from '../../gate/gate-flags.js';
import { ownServerFlags } from '../../serve/flags/own-server.js';
import { loadShapeFlags } from './load-flags.js';
import { benchWorkloadFlags } from './workload-flags.js';

const load = { helpGroup: 'LOAD' };
const requests = { helpGroup: 'REQUESTS' };
const target = { helpGroup: 'TARGET' };
const output = { helpGroup: 'OUTPUT' };

const objectivesFlag = checkedListFlag(parseObjective);

/** How long requests are sent at each setting if neither --duration nor --requests is given. */
export const usualDuration = '10s';

/** The longest time for which a setting then continues, to get as many requests as its median needs. */
export const usualExtension = { requests: 20, longest: '60s' } as const;

export const benchFlags = fromEnvironment({
  concurrency: integersFlag({
    ...load,
    ...defaultIntegers('8'),
    char: 'c',
    summary:
      'Clients, each with one request in flight. A list (1,2,4,8) measures each number. In an open loop, the end of the sweep of max-concurrency.',
  }),
  'max-concurrency': integersFlag({
    ...load,
    ...defaultInWords('1, 2, 4, … up to --concurrency'),
    char: 'n',
    summary: 'Values of max-concurrency to sweep (1,2,4).',
    // `serve` takes a single number here, and a variable that is set for a server must not shorten the sweep.
    env: 'CHATSTREAM_BENCH_MAX_CONCURRENCY',
  }),
  rate: positiveNumbersFlag({
    ...load,
    summary:
      'Open loop: requests per second, independent of responses. A list (0.5,1,2) is measured without a sweep, unless -n is given.',
  }),
  ...loadShapeFlags,
  duration: durationFlag({
    ...load,
    ...defaultInWords(
      `${usualDuration}; up to ${usualExtension.longest} until there are ${usualExtension.requests} requests`,
    ),
    char: 'd',
    summary: 'How long to send requests at each setting.',
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
    ...defaultDuration('1s'),
    summary: 'Time under load before each measurement; its requests are not counted.',
  }),
  trials: trialsFlag({
    ...load,
    ...defaultTrials('1'),
    summary: 'Repetitions of every setting, interleaved. 3..20 adds trials until the gate can decide, at most 20.',
  }),
  'find-max': objectivesFlag({
    ...load,
    summary:
      'Search for the highest load at which this objective holds, such as ttft.p95<500ms. Repeatable: all of them must hold.',
  }),
  by: Flags.option({
    ...load,
    summary: 'What --find-max raises: requests per second, clients, or the max-concurrency of a chatstream server.',
    options: findMaxQuantities,
    default: 'rate' as const,
  })(),
  precision: precisionFlag({
    ...load,
    ...defaultPrecision('5%'),
    summary: 'How near --find-max comes to the limit, on either side.',
  }),
  'abort-on': checkedListFlag(parseAbortRule)({
    ...load,
    summary:
      'End a run early: overload (the queue grows without end), errors:10% (more have no answer), slo (an objective is missed). Repeatable.',
  }),
  'max-duration': durationFlag({
    ...load,
    ...defaultInWords('no limit'),
    summary: 'No trial, and no measurement of --find-max, begins later than this.',
  }),
  seed: Flags.integer({
    ...load,
    summary: 'Seed of lengths, words and arrival times. If it is not given, only the words differ from bench to bench.',
    default: 1,
  }),
  timeout: durationFlag({
    ...load,
    ...defaultDuration('120s'),
    summary: 'Longest time for one request; 0 means no limit.',
  }),
  workers: Flags.integer({
    ...load,
    ...defaultInWords('as many as the planned load needs'),
    summary: 'Threads that send requests, on each machine.',
    min: 1,
    max: 64,
  }),

  agents: Flags.integer({
    helpGroup: 'CLUSTER',
    summary: 'Number of machines with chatstream bench-agent that send the load, instead of this one.',
    min: 1,
    max: 1000,
  }),
  ...clusterFlags,

  'input-tokens': lengthsFlag({
    ...requests,
    ...defaultLengths('64'),
    summary: 'Length of prompts: 64, 64±16 (mean and standard deviation) or 32-128.',
  }),
  'output-tokens': lengthsFlag({
    ...requests,
    ...defaultLengths('64'),
    summary: 'Length of outputs, in the same form. Servers that can ignore the end-of-text token are told to.',
  }),
  prompts: Flags.string({
    ...requests,
    summary: 'JSONL file with prompts to send: {"messages":[…]}, {"prompt":"…"} or ShareGPT conversations.',
  }),
  ...benchWorkloadFlags,
  'shared-prefix': Flags.integer({
    ...requests,
    summary: 'Number of tokens that all prompts have in common at the beginning.',
    min: 0,
    default: 0,
  }),
  slo: objectivesFlag({
    ...requests,
    summary: 'Objective, such as ttft.p95<500ms or e2e<5s. Repeatable. Goodput counts requests that meet all of them.',
  }),

  url: Flags.string({
    ...target,
    char: 'u',
    summary: 'URL of an OpenAI-compatible server, or unix:/path. Without it, the bench starts its own server.',
  }),
  versus: Flags.string({
    ...target,
    summary: 'URL of a second server, the baseline, measured alternately with the first in short trials.',
  }),
  duet: Flags.boolean({
    ...target,
    summary:
      'Measure the two servers of --versus at the same time instead, so that a busy machine disturbs both alike.',
    dependsOn: ['versus'],
  }),
  'wait-ready': durationFlag({
    ...target,
    summary: 'Wait up to this long for the server to answer requests.',
  }),
  baseline: Flags.file({
    ...target,
    summary: 'Result of an earlier bench (-o result.json) to compare with.',
    exclusive: ['versus'],
  }),
  ca: Flags.file({
    ...target,
    summary: 'PEM file with certificates to trust, in addition to the well-known authorities.',
    exclusive: ['insecure'],
  }),
  insecure: Flags.boolean({ ...target, summary: 'Accept any TLS certificate.' }),
  'api-key': Flags.string({
    ...target,
    summary: 'Key to send as a bearer token. Of several, separated by commas, the first is sent.',
  }),
  header: repeatableFlag({ ...target, summary: 'Additional header, as "name: value". Repeatable.' }),
  'model-name': Flags.string({
    ...target,
    ...defaultInWords('the first in /v1/models'),
    summary: 'Model to request.',
  }),
  'extra-body': Flags.string({
    ...target,
    summary: 'JSON object with additional request parameters: \'{"top_k":1}\'. null leaves one out.',
  }),
  'no-param': listFlag({
    ...target,
    summary: 'Parameter to leave out of the requests, such as ignore_eos or temperature. Repeatable.',
  }),

  output: listFlag({
    ...output,
    char: 'o',
    summary:
      'File for the result; its extension sets the format: .json .csv .series.csv .stages.csv .md .html .hgrm .xml (JUnit). Repeatable.',
  }),
  samples: Flags.string({ ...output, summary: 'File for one line of JSON per request.' }),
  'enforce-slo': Flags.boolean({
    ...output,
    summary: 'Exit with 12 if an objective of --slo is missed.',
    dependsOn: ['slo'],
  }),
  ...gateFlags,
  ...ownServerFlags,
});

/** The values that oclif parses from them. */
export type BenchFlags = Interfaces.InferredFlags<typeof benchFlags>;
