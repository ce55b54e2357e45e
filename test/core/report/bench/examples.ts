import { benchResult, type DescribedResult, type ResultDescription } from '../../../support/bench-result.js';

/** Made when first needed, and once: filling histograms takes a while. */
function once(description: ResultDescription): () => DescribedResult {
  let made: DescribedResult | undefined;
  return () => (made ??= benchResult(description));
}

/** Reports that tests look at, and a person should look at whenever one of them changes. */
export const examples = {
  /** One GPU, eight clients: what most people will see first. */
  sweep: once({
    machine: { gpus: ['NVIDIA H200'] },
    settings: [
      { maxConcurrency: 1, queueWaitMs: 4100, prefillMs: 18, tpotMs: 9.1 },
      { maxConcurrency: 2, queueWaitMs: 1950, prefillMs: 22, tpotMs: 10.4 },
      { maxConcurrency: 4, queueWaitMs: 760, prefillMs: 34, tpotMs: 12.6 },
      { maxConcurrency: 8, queueWaitMs: 0.02, prefillMs: 61, tpotMs: 21 },
    ],
    sweep: {
      knee: 4,
      usl: { lambda: 104.2, sigma: 0.081, kappa: 0.0042, r2: 0.997, peak: 14.8 },
      recommendation: {
        max_concurrency: 4,
        concurrency: null,
        reason:
          'it has the best ratio of throughput to end-to-end latency: 88 % of the tokens per second of 8 at 71 % of its median latency',
      },
    },
  }),
  /** Several trials, refusals, objectives, a second server. */
  busy: once({
    trials: 2,
    settings: [
      {
        maxConcurrency: 2,
        completed: 300,
        queueWaitMs: 2600,
        tpotMs: 14,
        goodput: 0.4,
        errors: { queue_full: 5210, timeout: 3 },
        examples: {
          queue_full: 'The queue is full: 64 requests are waiting. Try again in 12 s.',
          timeout: 'No answer within 120 s.',
        },
      },
      { maxConcurrency: 8, completed: 600, queueWaitMs: 310, tpotMs: 19, goodput: 5.2, errors: { queue_full: 12 } },
      {
        maxConcurrency: 16,
        queueWaitMs: 12,
        prefillMs: 90,
        tpotMs: 34,
        goodput: 3.1,
        client: { saturated: true, saturation: ['cpu'], cpu_share: 0.97 },
      },
    ],
    plan: { slo: ['ttft<500ms', 'tpot<25ms'] },
    versus: { server: 'llama-server', engine: null, url: 'http://127.0.0.1:8080' },
    sweep: {
      knee: 8,
      recommendation: {
        max_concurrency: 8,
        concurrency: null,
        reason: 'it has the most goodput: 5.20 requests per second met every objective',
      },
    },
    warnings: ['GPU clocks changed while measuring.'],
  }),
  /** A foreign server in an open loop that counts its waits in buckets only. */
  openLoop: once({
    queueWaitSource: 'aggregate',
    settings: [{ rate: 12.5, queueWaitMs: 140, clientWaitMs: 35, outputTokensSource: 'chunks' }],
    target: {
      server: 'vllm',
      engine: null,
      url: 'http://gpu-7.example.internal:8000',
      model:
        'a-very-long-organisation-name/An-Even-Longer-Model-Name-235B-A22B-Instruct-2507-FP8-dynamic-with-suffixes-nobody-reads',
    },
  }),
  derived: once({
    queueWaitSource: 'derived',
    settings: [1, 2, 4, 8, 16, 32].map((concurrency) => ({
      concurrency,
      queueWaitMs: concurrency * 30,
      completed: 60 * concurrency,
    })),
    target: { server: 'llama-server', engine: null },
  }),
  /** Two dimensions, twelve settings, and everything that can go wrong at once. */
  grid: once({
    trials: 1,
    settings: [4, 16, 64].flatMap((concurrency) =>
      [1, 4, 16, 64].map((maxConcurrency) => ({
        concurrency,
        maxConcurrency,
        completed: 300,
        queueWaitMs: maxConcurrency >= concurrency ? 0 : (concurrency / maxConcurrency) * 900,
        prefillMs: 20 + 4 * maxConcurrency,
        tpotMs: 9 + maxConcurrency,
        goodput: 123.4,
        ...(concurrency === 64 ? { errors: { queue_full: 12_345, http_500: 2 }, littlesLawError: -0.12 } : {}),
      })),
    ),
    plan: { slo: ['ttft.p95<500ms', 'tpot.p99<50ms'] },
    interrupted: true,
    sweep: {
      knee: 16,
      recommendation: {
        max_concurrency: 16,
        concurrency: 16,
        reason: 'it has the most goodput: 123 requests per second met every objective',
      },
    },
  }),
  /** Nothing worked. */
  nothing: once({
    queueWaitSource: 'unavailable',
    settings: [
      {
        completed: 0,
        errors: { connection_refused: 80 },
        examples: { connection_refused: 'connect ECONNREFUSED 127.0.0.1:9' },
      },
    ],
    target: { server: 'unknown', model: 'unknown', engine: null, url: 'http://127.0.0.1:9' },
  }),
  /** A slow model, of which the time allows few requests. */
  few: once({
    settings: [
      { maxConcurrency: 1, completed: 5, queueWaitMs: 41_000, prefillMs: 900, tpotMs: 180, extendedSeconds: 49.2 },
      { maxConcurrency: 4, completed: 14, queueWaitMs: 9000, prefillMs: 1900, tpotMs: 310, extendedSeconds: 47 },
      { maxConcurrency: 8, completed: 25, queueWaitMs: 0.01, prefillMs: 3100, tpotMs: 520, extendedSeconds: 21.4 },
    ],
    plan: { least_requests: 20, longest_ms: 60_000 },
  }),
  /** Times far apart, and too few requests for a p99. */
  extremes: once({
    settings: [
      { maxConcurrency: 1, completed: 150, queueWaitMs: 41_000, prefillMs: 900, tpotMs: 180 },
      { maxConcurrency: 64, completed: 30, queueWaitMs: 0, prefillMs: 0.35, deliveryMs: 0.05, tpotMs: 0.02 },
    ],
  }),
} satisfies Record<string, () => DescribedResult>;
