import { type Random, seededRandom } from '../../src/core/base/random.js';
import { LatencyHistogram } from '../../src/core/bench/record/histogram.js';
import { type MetricName, metricNames } from '../../src/core/bench/record/metric-names.js';
import { aggregateQueueWait, metricOf } from '../../src/core/bench/result/metric.js';
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
export interface SettingDescription {
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
  const runs = Array.from({ length: trials }, (_, trial) =>
    settings.map((setting) => runOf(setting, trial + 1, queueWaitSource, random)),
  ).flat();
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
  return { result, summaries: summarise(runs) };
}

/** Codes that say that a server is too busy. */
const refusals = new Set(['queue_full', 'queue_timeout', 'draining', 'engine_unavailable']);

type Histograms = ReadonlyMap<MetricName, LatencyHistogram>;

/** Log-normal samples of the parts; what is made of parts is added up, so that the figures of a request agree. */
function histogramsOf(setting: SettingDescription, source: QueueWaitSource, random: Random): Histograms {
  const { spread = 0.3, outputTokens = 64 } = setting;
  const histograms = new Map(metricNames.map((name) => [name, new LatencyHistogram()]));
  const record = (name: MetricName, ms: number): void => histograms.get(name)?.record(ms * 1000);
  const draw = (medianMs: number): number => medianMs * Math.exp(spread * standardNormal(random));
  for (let request = 0; request < (setting.completed ?? 1200); request += 1) {
    const clientWait = draw(setting.clientWaitMs ?? 0.04);
    const queueWait = draw(setting.queueWaitMs ?? 0);
    const prefill = draw(setting.prefillMs ?? 30);
    const delivery = draw(setting.deliveryMs ?? 1.5);
    const tpot = draw(setting.tpotMs ?? 10);
    const ttft = queueWait + prefill + delivery;
    record('client_wait', clientWait);
    record('ttft', ttft);
    record('ttft_from_schedule', clientWait + ttft);
    if (source === 'measured') {
      record('queue_wait', queueWait);
      record('prefill', prefill);
      record('delivery', delivery);
    } else if (source === 'derived') {
      record('queue_wait', queueWait + delivery);
      record('prefill', prefill);
    }
    record('tpot', tpot);
    record('chunk_gap', tpot);
    record('e2e', ttft + tpot * (outputTokens - 1));
  }
  return histograms;
}

/** Box and Muller, 1958. */
function standardNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function runOf(setting: SettingDescription, trial: number, source: QueueWaitSource, random: Random): Run {
  const histograms = histogramsOf(setting, source, random);
  return {
    settings: settingsOf(setting),
    trial,
    window: { seconds: 10, span_seconds: 10.4, warmup_requests: 8 },
    requests: requestsOf(setting),
    rates: ratesOf(setting, histograms),
    output_tokens_source: setting.outputTokensSource ?? 'usage',
    metrics: metricsOf(histograms, setting, source),
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
function ratesOf(setting: SettingDescription, histograms: Histograms): Run['rates'] {
  const { concurrency, rate } = { concurrency: 8, rate: null, ...setting };
  const e2eMs = histograms.get('e2e')?.meanMs ?? null;
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

function metricsOf(histograms: Histograms, setting: SettingDescription, source: QueueWaitSource): Run['metrics'] {
  const metric = (name: MetricName): Metric => metricOf(histograms.get(name) ?? new LatencyHistogram());
  return {
    ttft: metric('ttft'),
    ttft_from_schedule: metric('ttft_from_schedule'),
    client_wait: metric('client_wait'),
    queue_wait: source === 'aggregate' ? bucketed(setting) : { ...metric('queue_wait'), source },
    prefill: metric('prefill'),
    delivery: metric('delivery'),
    chunk_gap: metric('chunk_gap'),
    tpot: metric('tpot'),
    e2e: metric('e2e'),
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
