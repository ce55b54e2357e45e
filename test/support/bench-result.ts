import { type Random, seededRandom } from '../../src/core/base/random.js';
import { LatencyHistogram } from '../../src/core/bench/record/histogram.js';
import { type MetricName, metricNames } from '../../src/core/bench/record/metric-names.js';
import { aggregateQueueWait } from '../../src/core/bench/result/metric.js';
import {
  type BenchResult,
  type ClientHealth,
  type Machine,
  type Metric,
  type Plan,
  type QueueWaitMetric,
  type QueueWaitSource,
  type RequestCounts,
  resultSchemaName,
  type Run,
  type Sweep,
  type Target,
} from '../../src/core/bench/result/schema.js';
import type { SettingSummary } from '../../src/core/bench/result/setting-summary.js';
import { summarise } from '../../src/core/bench/result/summarise.js';

/** One setting in figures that a person would give. Times are medians of log-normal samples, in milliseconds. */
interface SettingDescription {
  readonly concurrency?: number | null;
  readonly maxConcurrency?: number | null;
  readonly rate?: number | null;
  /** Completed requests per trial. */
  readonly completed?: number;
  readonly clientWaitMs?: number;
  readonly queueWaitMs?: number;
  readonly prefillMs?: number;
  readonly deliveryMs?: number;
  readonly tpotMs?: number;
  readonly outputTokens?: number;
  /** Standard deviation of the logarithms. */
  readonly spread?: number;
  /** Requests without an answer, by code, per trial. */
  readonly errors?: Readonly<Record<string, number>>;
  readonly examples?: Readonly<Record<string, string>>;
  readonly goodput?: number;
  readonly client?: Partial<ClientHealth>;
  readonly littlesLawError?: number;
  readonly outputTokensSource?: Run['output_tokens_source'];
}

export interface ResultDescription {
  readonly settings: readonly SettingDescription[];
  readonly trials?: number;
  readonly queueWaitSource?: QueueWaitSource;
  readonly plan?: Partial<Plan>;
  readonly target?: Partial<Target>;
  readonly machine?: Partial<Machine>;
  readonly sweep?: Partial<Sweep>;
  readonly warnings?: readonly string[];
  readonly interrupted?: boolean;
  /** Adds a second server that was measured in turns, with the same figures. */
  readonly versus?: Partial<Target>;
}

export interface DescribedResult {
  readonly result: BenchResult;
  readonly summaries: readonly SettingSummary[];
}

/** A result that is whole, in order and the same each time, and its summaries. Samples are seeded with the plan's seed. */
export function benchResult(description: ResultDescription): DescribedResult {
  const { settings, trials = 1, queueWaitSource = 'measured' } = description;
  const random = seededRandom(description.plan?.seed ?? 1);
  const measured = Array.from({ length: trials }, (_, trial) =>
    settings.map((setting) => {
      const samples = samplesOf(setting, queueWaitSource, random);
      return { run: runOf(setting, trial + 1, samples, queueWaitSource), samples };
    }),
  ).flat();
  const runs = measured.map(({ run }) => run);
  const summaries = trials > 1 ? summarise(runs) : measured.map(({ run, samples }) => summaryOf(run, samples));
  const target = targetOf(description.target);
  const result: BenchResult = {
    schema: resultSchemaName,
    tool: { version: '0.1.0', node: '20.19.0' },
    started_at: '2025-01-31T12:00:00.000Z',
    finished_at: '2025-01-31T12:00:44.000Z',
    interrupted: description.interrupted ?? false,
    machine: {
      cpu: 'AMD EPYC 9654',
      cores: 16,
      memory_bytes: 128 * 2 ** 30,
      os: 'Linux 6.8',
      gpus: [],
      ...description.machine,
    },
    target,
    plan: planOf(description),
    runs,
    sweep: { knee: null, usl: null, recommendation: null, ...description.sweep },
    warnings: [...(description.warnings ?? [])],
  };
  if (description.versus !== undefined) {
    result.versus = { target: targetOf({ ...target, ...description.versus }), runs };
  }
  return { result, summaries };
}

/** Codes that say that a server is too busy. */
const refusals = new Set(['queue_full', 'queue_timeout', 'draining', 'engine_unavailable']);

/** What was measured of one latency. Moments come from the samples: of a long histogram they take much longer. */
class Samples {
  readonly histogram = new LatencyHistogram();
  readonly #valuesMs: number[] = [];

  record(ms: number): void {
    this.#valuesMs.push(ms);
    this.histogram.record(ms * 1000);
  }

  get meanMs(): number | null {
    const { length } = this.#valuesMs;
    return length === 0 ? null : this.#valuesMs.reduce((sum, ms) => sum + ms, 0) / length;
  }

  get metric(): Metric {
    const { meanMs: mean, histogram } = this;
    const squares = this.#valuesMs.reduce((sum, ms) => sum + (ms - (mean ?? 0)) ** 2, 0);
    return {
      unit: 'ms',
      count: histogram.count,
      mean,
      stddev: mean === null ? null : Math.sqrt(squares / histogram.count),
      min: mean === null ? null : Math.min(...this.#valuesMs),
      max: mean === null ? null : Math.max(...this.#valuesMs),
      p50: histogram.percentileMs(50),
      p90: histogram.percentileMs(90),
      p95: histogram.percentileMs(95),
      p99: histogram.percentileMs(99),
      p99_9: histogram.percentileMs(99.9),
      histogram: mean === null ? null : histogram.encode(),
    };
  }
}

type SampleSet = Readonly<Record<MetricName, Samples>>;

function emptySet(): SampleSet {
  return {
    ttft: new Samples(),
    ttft_from_schedule: new Samples(),
    client_wait: new Samples(),
    queue_wait: new Samples(),
    prefill: new Samples(),
    delivery: new Samples(),
    chunk_gap: new Samples(),
    tpot: new Samples(),
    e2e: new Samples(),
  };
}

/** Log-normal samples of the parts; what is made of parts is added up, so that the figures of a request agree. */
function samplesOf(setting: SettingDescription, source: QueueWaitSource, random: Random): SampleSet {
  const { spread = 0.3, outputTokens = 64 } = setting;
  const samples = emptySet();
  const draw = (medianMs: number): number => medianMs * Math.exp(spread * standardNormal(random));
  for (let request = 0; request < (setting.completed ?? 1200); request += 1) {
    const clientWait = draw(setting.clientWaitMs ?? 0.04);
    const queueWait = draw(setting.queueWaitMs ?? 0);
    const prefill = draw(setting.prefillMs ?? 30);
    const delivery = draw(setting.deliveryMs ?? 1.5);
    const tpot = draw(setting.tpotMs ?? 10);
    const ttft = queueWait + prefill + delivery;
    samples.client_wait.record(clientWait);
    samples.ttft.record(ttft);
    samples.ttft_from_schedule.record(clientWait + ttft);
    if (source === 'measured') {
      samples.queue_wait.record(queueWait);
      samples.prefill.record(prefill);
      samples.delivery.record(delivery);
    } else if (source === 'derived') {
      samples.queue_wait.record(queueWait + delivery);
      samples.prefill.record(prefill);
    }
    samples.tpot.record(tpot);
    samples.chunk_gap.record(tpot);
    samples.e2e.record(ttft + tpot * (outputTokens - 1));
  }
  return samples;
}

/** Box and Muller, 1958. */
function standardNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function runOf(setting: SettingDescription, trial: number, samples: SampleSet, source: QueueWaitSource): Run {
  return {
    settings: settingsOf(setting),
    trial,
    window: { seconds: 10, span_seconds: 10.4, warmup_requests: 8 },
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
  };
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

/** The summary of one run is the run; only several have to be merged, which takes longer. */
function summaryOf({ settings, requests, rates, metrics, client }: Run, samples: SampleSet): SettingSummary {
  const { ttft, queue_wait: queueWait } = metrics;
  const known = metricNames.filter((name) => samples[name].histogram.count > 0);
  return {
    settings,
    trials: 1,
    requests,
    rates,
    metrics,
    histograms: new Map(known.map((name) => [name, samples[name].histogram])),
    queueShare: ttft.mean === null || queueWait.mean === null ? null : queueWait.mean / ttft.mean,
    saturated: client.saturated,
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

function targetOf(target: Partial<Target> = {}): Target {
  return {
    url: 'http://127.0.0.1:8000',
    server: 'chatstream/0.1.0',
    model: 'qwen2.5-0.5b-instruct-q4_k_m',
    engine: 'llama',
    settings: {},
    ...target,
  };
}

function planOf({ settings, trials = 1, plan }: ResultDescription): Plan {
  const distinct = (values: readonly (number | null | undefined)[]): number[] => [
    ...new Set(values.filter((value) => typeof value === 'number')),
  ];
  const maxConcurrency = distinct(settings.map((setting) => setting.maxConcurrency));
  const [rate = null] = distinct(settings.map((setting) => setting.rate));
  return {
    loop: rate === null ? 'closed' : 'open',
    concurrency: rate === null ? distinct(settings.map(({ concurrency = 8 }) => concurrency)) : [],
    max_concurrency: maxConcurrency.length === 0 ? null : maxConcurrency,
    rate,
    arrival: rate === null ? null : 'poisson',
    duration_ms: 10_000,
    requests: null,
    warmup_ms: 1000,
    trials,
    workload: 'synthetic',
    input_tokens: 64,
    output_tokens: 64,
    ignore_eos: true,
    shared_prefix_tokens: 0,
    seed: 1,
    timeout_ms: 120_000,
    endpoint: '/v1/chat/completions',
    extra_body: null,
    slo: [],
    ...plan,
  };
}
