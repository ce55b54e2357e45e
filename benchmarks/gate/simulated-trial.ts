import type { Random } from '../../src/core/base/random.js';
import { LatencyHistogram } from '../../src/core/measurement/latency/histogram.js';
import { metricOf } from '../../src/core/measurement/latency/metric.js';
import type { MetricName } from '../../src/core/measurement/metric-names.js';
import type { Run } from '../../src/core/measurement/result-schema.js';
import { type NoisyMachine, standardNormal } from './noisy-machine.js';

/** A server in figures: times are medians on an undisturbed machine. */
export interface SimulatedServer {
  readonly slots: number;
  readonly prefillMs: number;
  readonly tokenMs: number;
  readonly outputTokens: number;
  /** Standard deviation of the logarithm of how long one request takes. */
  readonly spread: number;
  /**
   * How much longer a request takes than it would at the baseline.
   *
   * @param place where it lies among all requests: negative below the median
   */
  readonly slowdown: (place: number) => number;
}

export interface TrialPlan {
  readonly clients: number;
  /** Counted; as many as there are clients are sent before, as warm-up. */
  readonly requests: number;
  readonly trial: number;
}

interface Trial {
  readonly run: Run;
  readonly endMs: number;
}

/**
 * A closed loop against a server with a first-in-first-out queue: a real run, except for the time that it takes.
 *
 * @param beginMs in the machine's time
 */
export function simulateTrial(
  server: SimulatedServer,
  { clients, requests, trial }: TrialPlan,
  machine: NoisyMachine,
  random: Random,
  beginMs: number,
): Trial {
  // Only what is gated: comparing everything that a run has would take most of the time.
  const names: readonly MetricName[] = ['ttft', 'e2e'];
  const histograms = new Map(names.map((name) => [name, new LatencyHistogram()]));
  const sent = Array.from({ length: clients }, () => beginMs);
  const free = Array.from({ length: server.slots }, () => beginMs);
  let measuredFromMs = beginMs;
  let endMs = beginMs;
  for (let request = -clients; request < requests; request += 1) {
    // First come, first served, by the slot that has been free for longest.
    const client = earliest(sent);
    const slot = earliest(free);
    const sendMs = sent[client] ?? 0;
    const startMs = Math.max(sendMs, free[slot] ?? 0);
    const place = standardNormal(random);
    const effort = Math.exp(server.spread * place) * server.slowdown(place);
    const firstMs = machine.endOf(startMs, server.prefillMs * effort);
    const lastMs = machine.endOf(firstMs, server.tokenMs * (server.outputTokens - 1) * effort);
    sent[client] = lastMs;
    free[slot] = lastMs;
    endMs = Math.max(endMs, lastMs);
    if (request < 0) {
      measuredFromMs = Math.max(measuredFromMs, lastMs);
      continue;
    }
    histograms.get('ttft')?.record((firstMs - sendMs) * 1000);
    histograms.get('e2e')?.record((lastMs - sendMs) * 1000);
  }
  return {
    run: runOf(histograms, { requests, trial, clients, seconds: (endMs - measuredFromMs) / 1000 }, server),
    endMs,
  };
}

function earliest(times: readonly number[]): number {
  let found = 0;
  for (const [index, ms] of times.entries()) if (ms < (times[found] ?? Infinity)) found = index;
  return found;
}

interface Extent {
  readonly requests: number;
  readonly trial: number;
  readonly clients: number;
  readonly seconds: number;
}

function runOf(
  histograms: ReadonlyMap<MetricName, LatencyHistogram>,
  { requests, trial, clients, seconds }: Extent,
  { slots, outputTokens }: SimulatedServer,
): Run {
  const empty = metricOf(new LatencyHistogram());
  const metric = (name: MetricName): Run['metrics']['ttft'] => {
    // Mean and deviation are left out: they are not compared.
    const histogram = histograms.get(name);
    return histogram === undefined ? empty : { ...empty, count: histogram.count, histogram: histogram.encode() };
  };
  const perSecond = requests / seconds;
  return {
    settings: { concurrency: clients, max_concurrency: slots, rate: null },
    trial,
    window: { seconds, span_seconds: seconds, warmup_requests: clients },
    requests: { completed: requests, refused: 0, failed: 0, timed_out: 0, reconnects: 0, errors: {}, examples: {} },
    rates: {
      requests_per_second: perSecond,
      output_tokens_per_second: perSecond * outputTokens,
      input_tokens_per_second: null,
      goodput: null,
      success_rate: 1,
    },
    output_tokens_source: 'usage',
    metrics: {
      ttft: metric('ttft'),
      ttft_from_schedule: empty,
      client_wait: empty,
      queue_wait: { ...empty, source: 'unavailable' },
      prefill: empty,
      delivery: empty,
      chunk_gap: empty,
      tpot: empty,
      e2e: metric('e2e'),
    },
    client: {
      event_loop_delay_ms: { p50: 0, p99: 0, max: 0 },
      cpu_share: 0,
      workers: 1,
      saturated: false,
    },
    checks: { littles_law_error: null },
  };
}
