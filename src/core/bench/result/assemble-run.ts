import type { BucketCounts } from '../../measurement/latency/buckets.js';
import { LatencyHistogram } from '../../measurement/latency/histogram.js';
import { aggregateQueueWait, metricOf, queueWaitOf } from '../../measurement/latency/metric.js';
import { perMetric } from '../../measurement/metric-names.js';
import type {
  Metric,
  QueueWaitMetric,
  Rates,
  RequestCounts,
  Run,
  RunMetrics,
} from '../../measurement/result-schema.js';
import { addUpErrors } from '../../measurement/settings/error-counts.js';
import type { CachedPromptTokens } from '../../measurement/settings/prompt-cache.js';
import { littlesLawError } from '../../statistics/littles-law.js';
import type { PlannedRun } from '../plan/settings.js';
import type { RateStage } from '../plan/stages.js';
import type { Tenant } from '../plan/tenants.js';
import type { AgentsOfRun } from '../record/agent-part.js';
import type { RunPart } from '../record/run-part.js';
import { mergedSeries } from '../record/run-series.js';
import { mergedTrend } from '../record/run-trend.js';
import { addUpAnswers, answerChecks, promptCacheIn } from './answer-checks.js';
import { assembleSeries, type Observations } from './assemble-series.js';
import { agentsIn, clientHealth, withAgents } from './client-health.js';
import { executorsIn } from './executors.js';
import { tenantsIn, turnsIn } from './group-figures.js';
import { loadShapeFiguresIn, type PlannedShape } from './load-shape-figures.js';
import { type Filling, queueGrowthOf, singleFilling } from './overload.js';
import { stagesIn } from './stage-figures.js';

/** What is known about a run besides its parts. */
export interface RunContext {
  readonly planned: PlannedRun;
  /** CPU time of the load generator over the run, as a share of one core. */
  readonly cpuShare: number;
  /** The queue waits that the server itself counted during this run; null if it did not. */
  readonly aggregate: BucketCounts | null;
  /** The prompt tokens that it counted in the same way. */
  readonly promptCache: CachedPromptTokens | null;
  readonly hasObjectives: boolean;
  /** Why it was ended before its time; null if it was not. */
  readonly abortedOn: string | null;
  /** Which figures the shape of its load adds; absent: none. */
  readonly loadShape?: PlannedShape;
  /**
   * For how many seconds an open loop sent what was due, including those at the end in which nothing was; absent: until its
   * last request.
   */
  readonly plannedSeconds?: number;
  /** Whether the rate stays constant; absent: it does. */
  readonly isSteady?: boolean;
  /** What an open loop fills up with; absent: {@link singleFilling}. */
  readonly filling?: Filling;
  /** For a rate that changes, the stages for which figures are reported; absent: the rate stays constant. */
  readonly stages?: readonly RateStage[];
  /** The tenants; empty if there was only one sender. */
  readonly tenants?: readonly Omit<Tenant, 'key'>[];
  /** The machines that sent the load; absent: this one alone. */
  readonly agents?: AgentsOfRun;
  /** What was observed of the server during the run. */
  readonly observations: Observations;
  /** When the warm-up ended, in microseconds of the common clock. */
  readonly beginUs: number;
}

const nothing: PlannedShape = { maxInFlight: false, cancel: false, probes: false };

const noGrowth = { overload: null, fillingSeconds: null, undecidedSeconds: null };

/** Makes the result of a run from what its workers measured. */
export function assembleRun(parts: readonly RunPart[], context: RunContext): Run {
  const histograms = perMetric((name) => LatencyHistogram.merged(parts.map((part) => part.histograms[name])));
  const requests = addUp(parts);
  const span = spanOf(parts);
  const seconds = span === null ? 0 : Math.max((span.lastEndUs - span.beginUs) / 1e6, context.plannedSeconds ?? 0);
  const measured = perMetric((name) => metricOf(histograms[name]));
  const metrics: RunMetrics = { ...measured, queue_wait: queueWait(parts, measured.queue_wait, context.aggregate) };
  const meanInFlight = seconds === 0 ? 0 : sum(parts, 'inFlightUs') / (seconds * 1e6);
  const extendedUs = Math.max(...parts.map((part) => part.extendedUs));
  const counted = seconds === 0 ? 0 : requests.completed / seconds;
  const answers = addUpAnswers(parts);
  // If the rate rises, requests in flight and TTFT rise anyway.
  const isOpenLoop = context.planned.setting.rate !== null && context.isSteady !== false;
  const loadShape = loadShapeFiguresIn(parts, context.loadShape ?? nothing, requests.completed);
  const agents = context.agents === undefined ? undefined : agentsIn(context.agents);
  const trend = mergedTrend(parts.map((part) => part.trend));
  const { filling = singleFilling } = context;
  const { overload, fillingSeconds, undecidedSeconds } = isOpenLoop ? queueGrowthOf(trend, filling) : noGrowth;
  const series = assembleSeries(mergedSeries(parts.map((part) => part.series)), context.observations, context.beginUs);
  return {
    settings: context.planned.setting,
    trial: context.planned.trial,
    window: {
      seconds: span === null ? 0 : Math.max(0, (span.lastIntendedUs - span.beginUs) / 1e6),
      span_seconds: seconds,
      ...(extendedUs > 0 ? { extended_seconds: extendedUs / 1e6 } : {}),
      warmup_requests: sum(parts, 'warmup'),
    },
    requests,
    rates: ratesOf(parts, requests, seconds, context.hasObjectives),
    output_tokens_source: tokenSource(parts),
    ...compression(parts),
    ...executorsIn(parts),
    metrics,
    client: withAgents(clientHealth(parts, metrics, context.cpuShare, loadShape.held_back), agents),
    ...(agents === undefined ? {} : { agents }),
    checks: {
      littles_law_error: littlesLawError(meanInFlight, counted, (metrics.e2e.mean ?? 0) / 1000),
      ...answerChecks(answers),
    },
    ...loadShape,
    ...turnsIn(parts),
    ...tenantsIn(parts, context.tenants ?? [], seconds),
    ...stagesIn(parts, context.stages ?? [], { trend, filling, spanSeconds: seconds }),
    ...(series === null ? {} : { series }),
    ...(overload === null ? {} : { overload }),
    ...(fillingSeconds === null ? {} : { filling_seconds: fillingSeconds }),
    ...(undecidedSeconds === null ? {} : { undecided_seconds: undecidedSeconds }),
    ...(context.abortedOn === null ? {} : { aborted_on: context.abortedOn }),
    prompt_cache: promptCacheIn(answers, context.promptCache),
  };
}

function addUp(parts: readonly RunPart[]): RequestCounts {
  return {
    completed: sum(parts, 'completed'),
    refused: sum(parts, 'refused'),
    failed: sum(parts, 'failed'),
    timed_out: sum(parts, 'timedOut'),
    reconnects: sum(parts, 'reconnects'),
    ...addUpErrors(parts.flatMap(({ errors }) => Object.entries(errors).map(([code, seen]) => ({ code, ...seen })))),
  };
}

/**
 * The work that the server did per second of the span: between the end of the warm-up and the end of the last request,
 * or the time for which requests were due in an open loop. Answers to
 * warm-up requests that arrive in that time are part of it: leaving them out would make slow settings look slower than
 * they are (by half, in a window as long as a request).
 */
function ratesOf(parts: readonly RunPart[], requests: RequestCounts, seconds: number, hasObjectives: boolean): Rates {
  const perSecond = (amount: number): number => (seconds === 0 ? 0 : amount / seconds);
  const requestsPerSecond = requests.completed === 0 ? 0 : perSecond(sum(parts, 'servedRequests'));
  /** The rate of something that is only known for counted requests. */
  const perCompleted = (amount: number): number =>
    requests.completed === 0 ? 0 : (amount / requests.completed) * requestsPerSecond;
  const all = requests.completed + requests.refused + requests.failed + requests.timed_out;
  const inputTokens = parts.map((part) => part.inputTokens);
  const inputKnown = inputTokens.every((tokens) => tokens !== null);
  return {
    requests_per_second: requestsPerSecond,
    output_tokens_per_second: requests.completed === 0 ? 0 : perSecond(sum(parts, 'servedTokens')),
    input_tokens_per_second: inputKnown ? perCompleted(inputTokens.reduce((total, tokens) => total + tokens, 0)) : null,
    goodput: hasObjectives ? perCompleted(sum(parts, 'good')) : null,
    success_rate: all === 0 ? null : requests.completed / all,
  };
}

function queueWait(parts: readonly RunPart[], measured: Metric, aggregate: BucketCounts | null): QueueWaitMetric {
  const source = parts.map((part) => part.queueWaitSource).find((each) => each !== null);
  if (source !== undefined) return queueWaitOf(measured, source);
  return aggregate === null ? queueWaitOf(measured, 'unavailable') : aggregateQueueWait(aggregate);
}

function tokenSource(parts: readonly RunPart[]): Run['output_tokens_source'] {
  const usage = parts.some(({ tokenSources }) => tokenSources.usage > 0);
  const chunks = parts.some(({ tokenSources }) => tokenSources.chunks > 0);
  if (usage && chunks) return 'mixed';
  if (usage) return 'usage';
  return chunks ? 'chunks' : 'none';
}

function compression(parts: readonly RunPart[]): Pick<Run, 'content_encoding'> {
  const encoding = parts.map(({ contentEncoding }) => contentEncoding).find((each) => each !== null);
  return encoding === undefined ? {} : { content_encoding: encoding };
}

function spanOf(parts: readonly RunPart[]): RunPart['span'] {
  const spans = parts.flatMap(({ span }) => (span === null ? [] : [span]));
  if (spans.length === 0) return null;
  return {
    beginUs: Math.min(...spans.map(({ beginUs }) => beginUs)),
    lastEndUs: Math.max(...spans.map(({ lastEndUs }) => lastEndUs)),
    lastIntendedUs: Math.max(...spans.map(({ lastIntendedUs }) => lastIntendedUs)),
  };
}

type Counter = {
  [Name in keyof RunPart]: RunPart[Name] extends number ? Name : never;
}[keyof RunPart];

function sum(parts: readonly RunPart[], name: Counter): number {
  return parts.reduce((total, part) => total + part[name], 0);
}
