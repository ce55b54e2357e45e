import { allMetrics, type ComparedMetric } from '../compare/compared-metric.js';
import { mostOfFigure } from '../compare/trials/client-error.js';
import type { SettingTrials } from '../compare/trials/setting-trials.js';
import type { HistoryRow } from './entry-schema.js';
import { counted, rounded } from './figure-values.js';

/**
 * What an entry keeps of the load generator's own part in its figures: by how much its delay can have made a latency longer
 * or a rate lower, in the unit of the figure, as a comparison allows for it. Only figures that may contain some.
 */
export function clientErrorsIn(trials: SettingTrials): Record<string, number> {
  const errors = allMetrics.map((metric) => {
    const value = trials.value(metric);
    const amount = value === null ? 0 : amountOf(trials.errorOf(metric), counted(value, metric), metric);
    return [metric.id, rounded(amount, metric)] as const;
  });
  return Object.fromEntries(errors.filter(([, amount]) => amount > 0));
}

/**
 * How far a figure of an entry may be from what the server did, as a logarithm, 0 or more. Lines of older versions do not
 * say, and nothing is known of it.
 */
export function clientErrorOf({ figures, client_error: errors }: HistoryRow, metric: ComparedMetric): number {
  const value = counted(figures[metric.id] ?? 0, metric);
  const amount = errors?.[metric.id] ?? 0;
  if (value === 0) return 0;
  return metric.type === 'latency' ? -Math.log1p(-Math.min(mostOfFigure, amount / value)) : Math.log1p(amount / value);
}

/** @param error as a logarithm */
function amountOf(error: number, value: number, { type }: ComparedMetric): number {
  return type === 'latency' ? -value * Math.expm1(-error) : value * Math.expm1(error);
}
