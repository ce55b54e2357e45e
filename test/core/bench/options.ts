import type { BenchOptions } from '../../../src/core/bench/plan/options.js';
import { singleRequests } from '../../../src/core/measurement/workload/conversation-shape.js';
import { parseLengths } from '../../../src/core/measurement/workload/lengths.js';

/** A short bench of one setting, with one client and four requests. */
export function benchOptionsOf(options: Pick<BenchOptions, 'target'> & Partial<BenchOptions>): BenchOptions {
  return {
    versus: null,
    duet: false,
    headers: {},
    caPath: null,
    insecure: false,
    modelName: null,
    form: { endpoint: 'chat', streaming: true },
    extraBody: null,
    omittedParams: [],
    load: { type: 'closed', concurrency: [1] },
    findMax: null,
    abortOn: [],
    maxConcurrency: null,
    sweepUpTo: 1,
    durationMs: null,
    requests: 4,
    extension: null,
    warmupMs: 0,
    trials: 1,
    leastTrials: 1,
    maxDurationMs: null,
    seed: 1,
    promptSalt: 0,
    timeoutMs: 10_000,
    cancel: null,
    probeRate: null,
    waitReadyMs: null,
    workers: 1,
    agents: null,
    prompts: { type: 'synthetic', inputTokens: parseLengths('8') },
    conversations: singleRequests,
    tenants: [],
    trace: null,
    command: null,
    outputTokens: parseLengths('3'),
    sharedPrefixTokens: 0,
    objectives: [],
    samplesPath: null,
    version: '1.2.3',
    ...options,
  };
}
