import { ChatstreamError } from '../base/errors.js';
import { parseDuration } from '../base/units.js';
import { metricNames, type MetricName, type PercentileName, percentiles } from './metric-names.js';

/** A service level objective: what users were promised. */
export interface Objective {
  readonly text: string;
  readonly metric: MetricName;
  /** What has to hold of all requests together. For goodput every objective is a limit for each request, with a percentile or without. */
  readonly percentile: PercentileName | null;
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
      hint: `Write a metric, if it is to hold for a percentile that too, and a limit: ttft.p95<500ms, e2e<5s. Metrics: ${metricNames.join(', ')}; percentiles: ${Object.keys(percentiles).join(', ')}.`,
    });
  }
  return {
    text: text.replaceAll(' ', ''),
    metric,
    percentile: percentile ?? null,
    belowMs: parseDuration(match[3] ?? ''),
  };
}

function isPercentile(name: string): name is PercentileName {
  return name in percentiles;
}
