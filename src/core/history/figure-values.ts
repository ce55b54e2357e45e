import type { ComparedMetric } from '../compare/compared-metric.js';
import { shortestMs } from '../compare/trials/setting-trials.js';

/** A value as it is used, in milliseconds or per second, with very short times adjusted as in a comparison. */
export function counted(value: number, { type }: ComparedMetric): number {
  return type === 'latency' ? Math.max(shortestMs, value) : value;
}

/** The logarithm of a value, in which changes are differences. For a rate of 0, it is -∞. */
export function logOf(value: number, metric: ComparedMetric): number {
  return Math.log(counted(value, metric));
}

/** Times to the microsecond, rates to 6 digits: measurements are not more precise. */
export function rounded(value: number, { type }: ComparedMetric): number {
  return type === 'latency' ? Math.round(value * 1000) / 1000 : Number(value.toPrecision(6));
}
