import { ChatstreamError } from '../../base/errors.js';
import { parseDuration } from '../../base/units.js';
import { wilsonInterval } from '../../statistics/proportion.js';
import { bucketQuantileMs } from '../latency/buckets.js';
import { hasEnoughSamples } from '../latency/histogram.js';
import {
  isPercentile,
  type MetricName,
  metricNames,
  type PercentileName,
  percentileNames,
  percentiles,
  percentileText,
} from '../metric-names.js';
import { plural, tickText, timeText, whole } from '../numbers.js';
import type { BenchResult, Setting } from '../result-schema.js';
import { shareOfDelay } from '../validity/client-delay.js';
import { touches } from '../validity/saturation.js';
import { wholeSettingText } from './setting-text.js';
import type { SettingSummary } from './summarise.js';

/** A service level objective, such as `ttft.p95<500ms`. */
export interface Objective {
  /** As it was given, without spaces. */
  readonly text: string;
  readonly metric: MetricName;
  /**
   * The percentile of all requests of a setting that must be below the limit; null if every request must be. Goodput
   * applies the limit to each request in either case.
   */
  readonly percentile: PercentileName | null;
  /** Milliseconds, above 0. */
  readonly belowMs: number;
}

/**
 * Reads `ttft.p95<500ms`, `tpot.p99<50ms`, `e2e<5s`.
 *
 * @throws ChatstreamError `usage` for anything else
 */
export function parseObjective(text: string): Objective {
  const match = /^\s*([a-z0-9_]+)(?:\.(p\d+(?:[._]9)?))?\s*<\s*([\d.]+(?:ms|s|m|h))\s*$/.exec(text);
  const metric = metricNames.find((name) => name === match?.[1]);
  const percentile = match?.[2]?.replace('.', '_');
  if (match === null || metric === undefined || (percentile !== undefined && !isPercentile(percentile))) {
    throw new ChatstreamError('usage', `"${text}" is not an objective.`, {
      hint: `Write METRIC[.PERCENTILE]<LIMIT, for example ttft.p95<500ms or e2e<5s. Metrics: ${metricNames.join(', ')}. Percentiles: ${percentileNames.map(percentileText).join(', ')}.`,
    });
  }
  return {
    text: text.replaceAll(' ', ''),
    metric,
    percentile: percentile ?? null,
    belowMs: parseDuration(match[3] ?? ''),
  };
}

/**
 * The limits that goodput applies to each request, in milliseconds and sorted: goodputs are comparable if these are equal.
 *
 * @param slo objectives as a result file has them
 */
export function goodputLimits(slo: readonly string[]): readonly string[] {
  const limits = slo.map(parseObjective).map(({ metric, belowMs }) => `${metric}<${belowMs}ms`);
  return [...new Set(limits)].sort();
}

/** The verdict on one objective at one setting. */
export type ObjectiveVerdict = {
  readonly settings: Setting;
  /** As it was given: `ttft.p95<500ms`. */
  readonly objective: string;
  /** The measured value, or why there is none; the end of a sentence without its full stop. */
  readonly finding: string;
} & (
  | { readonly status: 'met' }
  | { readonly status: 'missed'; readonly cause: 'too-slow' | 'unanswered' | 'overload' }
  | { readonly status: 'unknown'; readonly cause: 'too-few-samples' | 'saturated-client' | 'client-delay' }
);

/**
 * Judges every objective at every setting that was measured. Nothing else judges: reports and the exit code both take
 * these verdicts.
 *
 * An objective with a percentile is about all requests of a setting, all trials together; one without must hold for every
 * single request. A request without an answer counts as slower than any limit.
 */
export function judgeObjectives(
  { plan }: Pick<BenchResult, 'plan'>,
  summaries: readonly SettingSummary[],
): readonly ObjectiveVerdict[] {
  return plan.slo.map(parseObjective).flatMap((objective) => summaries.map((summary) => verdictOn(objective, summary)));
}

/** One sentence for each objective that was missed or could not be judged. */
export function objectiveSentences(verdicts: readonly ObjectiveVerdict[]): readonly string[] {
  const words = { missed: 'Objective missed', unknown: 'Objective not judged' } as const;
  return verdicts.flatMap(({ status, objective, settings, finding }) =>
    status === 'met' ? [] : [`${words[status]}: ${objective} at ${wholeSettingText(settings)}: ${finding}.`],
  );
}

function verdictOn(objective: Objective, summary: SettingSummary): ObjectiveVerdict {
  const { completed, refused, failed, timed_out: timedOut } = summary.requests;
  const unanswered = refused + failed + timedOut;
  const all = completed + unanswered;
  const common = { settings: summary.settings, objective: objective.text };
  const percent = objective.percentile === null ? 100 : percentiles[objective.percentile];
  if (unanswered > 0 && (completed / all) * 100 < percent) {
    const finding = `${whole(unanswered)} of ${plural(all, 'request')} had no answer`;
    return { ...common, status: 'missed', cause: 'unanswered', finding };
  }
  if (summary.isOverloaded && containsWait.has(objective.metric)) {
    return { ...common, status: 'missed', cause: 'overload', finding: 'the queue grew without end' };
  }
  const ms = valueMs(objective, summary, all);
  if (ms === null) {
    const missed = provenMiss(objective, summary, all);
    if (missed !== null) return { ...common, status: 'missed', cause: 'too-slow', finding: missed };
    const finding = `too few samples of ${objective.metric}`;
    return { ...common, status: 'unknown', cause: 'too-few-samples', finding };
  }
  const limit = tickText(objective.belowMs);
  // The table next to it shows the percentile of the answered requests, which is lower.
  const how = unanswered > 0 ? `, counting ${plural(unanswered, 'request')} without an answer as slowest` : '';
  // For a lighter load than planned, a good figure is meaningless, too.
  const isLighter = summary.saturation.some((each) => each !== 'ttft-error');
  if (ms < objective.belowMs && !isLighter) {
    return { ...common, status: 'met', finding: `${timeText(ms)}, below ${limit}${how}` };
  }
  const { source } = summary.metrics.queue_wait;
  if (summary.saturation.some((each) => touches(each, objective.metric, source))) {
    const finding = `${timeText(ms)}, but the load generator was saturated`;
    return { ...common, status: 'unknown', cause: 'saturated-client', finding };
  }
  const ownMs = delayIn(objective, summary);
  if (ms - ownMs >= objective.belowMs) {
    return { ...common, status: 'missed', cause: 'too-slow', finding: `${timeText(ms)}, not below ${limit}${how}` };
  }
  const finding = `${timeText(ms)}, of which up to ${timeText(ownMs)} may be the load generator's own delay`;
  return { ...common, status: 'unknown', cause: 'client-delay', finding };
}

/** Latencies that rise with the queue: however short the measurement, in a longer one they exceed any limit. */
const containsWait: ReadonlySet<MetricName> = new Set(['ttft', 'ttft_from_schedule', 'queue_wait', 'e2e']);

/** Error with which few samples may prove that a percentile is above its limit. */
const provingTail = 0.025;

/**
 * That few samples prove an objective missed, such as 9 of 10 above the limit of a p95: the interval of the share above it
 * is above what the percentile allows. Null if they do not, or if some of it may be the load generator's own delay.
 */
function provenMiss(objective: Objective, summary: SettingSummary, all: number): string | null {
  const histogram = summary.histograms.get(objective.metric);
  if (objective.percentile === null || histogram === undefined || histogram.count === 0) return null;
  const { source } = summary.metrics.queue_wait;
  if (summary.saturation.some((each) => touches(each, objective.metric, source))) return null;
  const percent = percentiles[objective.percentile];
  const ownMs = delayIn(objective, summary);
  const fromMs = objective.belowMs + ownMs;
  const above = histogram.cells().reduce((sum, { upToMs, count }) => sum + (upToMs >= fromMs ? count : 0), 0);
  const unanswered = all - summary.requests.completed;
  const samples = histogram.count + unanswered;
  const { lower } = wilsonInterval({ successes: above + unanswered, attempts: samples }, provingTail);
  if (lower <= 1 - percent / 100) return null;
  const limit = tickText(objective.belowMs);
  const without = ownMs > 0 ? `, even without ${timeText(ownMs)} that the load generator itself may have added` : '';
  return `${whole(above + unanswered)} of ${plural(samples, 'sample')} are not below ${limit}${without}, which is too many whatever the rest would be`;
}

/** The possible share of the load generator in a figure, in milliseconds. */
function delayIn({ metric, percentile }: Objective, summary: SettingSummary): number {
  const { clientDelay, metrics, rates } = summary;
  const outputTokens = rates.requests_per_second === 0 ? 0 : rates.output_tokens_per_second / rates.requests_per_second;
  const queueWaitSource = metrics.queue_wait.source;
  const late = metric === 'ttft_from_schedule' ? summary.sentLate.addedMs(percentile ?? 'max') : 0;
  const percent = percentile === null ? 100 : percentiles[percentile];
  return shareOfDelay(metric, { queueWaitSource, outputTokens }) * clientDelay.addedMs(percent) + late;
}

/**
 * The percentile among all requests, those without an answer being the slowest; or the longest time.
 *
 * @param all requests, answered or not
 */
function valueMs({ metric, percentile }: Objective, summary: SettingSummary, all: number): number | null {
  const histogram = summary.histograms.get(metric);
  if (percentile === null) return histogram?.maxMs ?? null;
  const figures = summary.metrics[metric];
  // A median is shown for fewer samples, with its interval; to judge by, that is too rough.
  const shown = hasEnoughSamples(figures.count, percentiles[percentile]) ? figures[percentile] : null;
  const { completed } = summary.requests;
  if (shown === null || all === completed) return shown;
  const percentOfAnswered = (percentiles[percentile] * all) / completed;
  if (histogram !== undefined) return histogram.quantileMs(percentOfAnswered);
  // The queue wait of a server that only counts in buckets.
  const buckets = metric === 'queue_wait' ? (summary.metrics.queue_wait.buckets ?? []) : [];
  return bucketQuantileMs(
    buckets.map(({ up_to_ms: upToMs, count }) => ({ upToMs, count })),
    percentOfAnswered,
  );
}
