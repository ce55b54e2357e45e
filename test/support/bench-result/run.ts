import { aggregateQueueWait } from '../../../src/core/measurement/latency/metric.js';
import type {
  QueueWaitMetric,
  QueueWaitSource,
  RequestCounts,
  Run,
} from '../../../src/core/measurement/result-schema.js';
import type { SettingDescription } from './description.js';
import type { SampleSet } from './samples.js';

/** Codes that say that a server is too busy. */
const refusals = new Set(['queue_full', 'queue_timeout', 'draining', 'engine_unavailable']);

/** One trial of a setting as a result has it. */
export function runOf(setting: SettingDescription, trial: number, samples: SampleSet, source: QueueWaitSource): Run {
  return {
    settings: settingsOf(setting),
    trial,
    window: windowOf(setting),
    requests: requestsOf(setting),
    rates: ratesOf(setting, samples),
    output_tokens_source: setting.outputTokensSource ?? 'usage',
    metrics: metricsOf(samples, setting, source),
    client: {
      event_loop_delay_ms: { p50: 0.1, p99: 1.2, max: 4 },
      cpu_share: 0.21,
      workers: 1,
      saturated: false,
      ...setting.client,
    },
    checks: { littles_law_error: setting.littlesLawError ?? 0.01 },
    ...setting.beside,
  };
}

function windowOf({ extendedSeconds }: SettingDescription): Run['window'] {
  const longer = extendedSeconds === undefined ? {} : { extended_seconds: extendedSeconds };
  const seconds = 10 + (extendedSeconds ?? 0);
  return { seconds, span_seconds: seconds + 0.4, ...longer, warmup_requests: 8 };
}

function settingsOf({ concurrency = 8, maxConcurrency = null, rate = null }: SettingDescription): Run['settings'] {
  return { concurrency: rate === null ? concurrency : null, max_concurrency: maxConcurrency, rate };
}

function requestsOf({ completed = 1200, errors = {}, examples = {} }: SettingDescription): RequestCounts {
  const total = (wanted: (code: string) => boolean): number =>
    Object.entries(errors).reduce((sum, [code, count]) => (wanted(code) ? sum + count : sum), 0);
  return {
    completed,
    refused: total((code) => refusals.has(code)),
    timed_out: total((code) => code === 'timeout'),
    failed: total((code) => !refusals.has(code) && code !== 'timeout'),
    reconnects: 0,
    errors: { ...errors },
    examples: { ...examples },
  };
}

/** In a closed loop the rate follows from Little's law. */
function ratesOf(setting: SettingDescription, { e2e }: SampleSet): Run['rates'] {
  const { concurrency, rate } = { concurrency: 8, rate: null, ...setting };
  const { meanMs: e2eMs } = e2e;
  const perSecond = e2eMs === null ? 0 : (rate ?? ((concurrency ?? 1) * 1000) / e2eMs);
  const { completed, refused, failed, timed_out: timedOut } = requestsOf(setting);
  const all = completed + refused + failed + timedOut;
  return {
    requests_per_second: perSecond,
    output_tokens_per_second: perSecond * (setting.outputTokens ?? 64),
    input_tokens_per_second: perSecond * 64,
    goodput: setting.goodput ?? null,
    success_rate: all === 0 ? null : completed / all,
  };
}

function metricsOf(samples: SampleSet, setting: SettingDescription, source: QueueWaitSource): Run['metrics'] {
  return {
    ttft: samples.ttft.metric,
    ttft_from_schedule: samples.ttft_from_schedule.metric,
    client_wait: samples.client_wait.metric,
    queue_wait: source === 'aggregate' ? bucketed(setting) : { ...samples.queue_wait.metric, source },
    prefill: samples.prefill.metric,
    delivery: samples.delivery.metric,
    chunk_gap: samples.chunk_gap.metric,
    tpot: samples.tpot.metric,
    e2e: samples.e2e.metric,
  };
}

/** What a server that only counts in buckets leaves to know: half of the waits below the median, half above. */
function bucketed({ completed = 1200, queueWaitMs = 0 }: SettingDescription): QueueWaitMetric {
  const half = Math.floor(completed / 2);
  return aggregateQueueWait({
    buckets: [
      { upToMs: queueWaitMs / 2, count: 0 },
      { upToMs: queueWaitMs, count: half },
      { upToMs: queueWaitMs * 2, count: completed - half },
      { upToMs: null, count: 0 },
    ],
    count: completed,
    sumMs: completed * queueWaitMs,
  });
}
