import { ChatstreamError } from '../base/errors.js';
import { type MetricName, metricNames, percentileNames, percentileText } from '../measurement/metric-names.js';
import { allMetrics, type ComparedMetric, type JudgedMetric, type LimitMetric, rateNames } from './compared-metric.js';

/** How much worse a figure may become. */
export interface Threshold<Metric extends JudgedMetric = JudgedMetric> {
  readonly metric: Metric;
  /** As a share of the baseline: 0.1 for 10 %. */
  readonly share: number;
  /** Candidate ÷ baseline beyond which it is a regression: 1.1 for `ttft.p95>10%`, 0.95 for `goodput<5%`. */
  readonly limit: number;
  /** As it was given, without spaces. */
  readonly text: string;
}

/** For a figure of each setting. */
export type FigureThreshold = Threshold<ComparedMetric>;

/** For the limit that a search found. */
export type LimitThreshold = Threshold<LimitMetric>;

export function isOfFigure(threshold: Threshold): threshold is FigureThreshold {
  return threshold.metric.type !== 'limit';
}

export function isOfLimit(threshold: Threshold): threshold is LimitThreshold {
  return threshold.metric.type === 'limit';
}

/** The only metric that no server influences. */
const ownMetric: MetricName = 'client_wait';

const form = /^([a-z][a-z0-9_]*)(?:\.([a-z]\w*(?:\.\d+)?))?([<>]=?)(\d+(?:\.\d+)?)(%?)$/;

/**
 * Reads `ttft.p95>10%` (a latency that grows by more than 10 %) or `output_tokens_per_second<5%` (a rate that loses more
 * than 5 %).
 *
 * @throws ChatstreamError `usage` for anything else
 */
export function parseThreshold(given: string): Threshold {
  const text = given.replaceAll(/\s/g, '');
  const match = form.exec(text);
  const [, name = '', percentile, direction = '', amount = '', unit] = match ?? [];
  if (match === null) {
    throw refused(
      given,
      'cannot be read',
      'Write METRIC.PERCENTILE>SHARE% or RATE<SHARE%, for example ttft.p95>10% or goodput<5%.',
    );
  }
  const metric = metricOf(given, name, percentile?.replace('.', '_'));
  if (metric.type === 'latency' && metric.metric === ownMetric) {
    throw refused(
      given,
      'is about the load generator alone, which waits before it sends',
      'Write ttft or e2e for what the server does, or ttft_from_schedule for what users of an open loop wait.',
    );
  }
  if (unit !== '%') {
    throw refused(
      given,
      'has no % sign',
      `A threshold is a share of the baseline: ${metric.id}${worse(metric)}${amount}%.`,
    );
  }
  if (direction !== worse(metric)) {
    const how =
      metric.type === 'latency'
        ? 'A latency gets worse when it grows'
        : 'A rate gets worse when it falls, and the percentage is the loss';
    throw refused(given, 'has the wrong direction', `${how}: ${metric.id}${worse(metric)}${amount}%.`);
  }
  const share = Number(amount) / 100;
  if (metric.type !== 'latency' && share >= 1) {
    throw refused(given, 'can never be exceeded', 'A rate cannot lose more than all of itself: use less than 100 %.');
  }
  return { metric, share, limit: metric.type === 'latency' ? 1 + share : 1 - share, text };
}

/**
 * A server that fails more often fails the gate, even if only latencies have thresholds, because those only cover
 * answers.
 */
export const impliedThreshold: FigureThreshold = {
  metric: { type: 'rate', id: 'success_rate', rate: 'success_rate' },
  share: 0.01,
  limit: 0.99,
  text: 'success_rate<1%',
};

/**
 * Reads several thresholds, each for a different metric.
 *
 * @throws ChatstreamError `usage`
 */
export function parseThresholds(given: readonly string[]): readonly Threshold[] {
  const thresholds = given.map(parseThreshold);
  const twice = thresholds.find(({ metric }, index) =>
    thresholds.slice(0, index).some((earlier) => earlier.metric.id === metric.id),
  );
  if (twice === undefined) return thresholds;
  throw new ChatstreamError('usage', `${twice.metric.id} has two thresholds.`, { hint: 'Keep one of them.' });
}

const limitMetric: LimitMetric = { type: 'limit', id: 'find_max', by: null };

function metricOf(given: string, name: string, percentile: string | undefined): JudgedMetric {
  if (name === limitMetric.id && percentile === undefined) return limitMetric;
  const found = allMetrics.find((metric) =>
    metric.type === 'latency'
      ? metric.metric === name && metric.percentile === percentile
      : metric.rate === name && percentile === undefined,
  );
  if (found !== undefined) return found;
  const percentileList = percentileNames.map(percentileText).join(', ');
  if (metricNames.some((each) => each === name)) {
    const problem =
      percentile === undefined ? 'does not say which percentile' : 'names a percentile that is not measured';
    throw refused(given, problem, `Write one of ${percentileList} after the metric: ${name}.p95>10%.`);
  }
  if (rateNames.some((each) => each === name)) {
    throw refused(given, 'names a percentile of a rate, which has none', `Write ${name}<5%.`);
  }
  throw refused(
    given,
    'does not name a metric',
    `Latencies: ${metricNames.filter((each) => each !== ownMetric).join(', ')}, each with ${percentileList}. Rates: ${rateNames.join(', ')}. Of searches: ${limitMetric.id}.`,
  );
}

function worse({ type }: JudgedMetric): '<' | '>' {
  return type === 'latency' ? '>' : '<';
}

function refused(given: string, problem: string, hint: string): ChatstreamError {
  return new ChatstreamError('usage', `The threshold "${given}" ${problem}.`, { hint });
}
