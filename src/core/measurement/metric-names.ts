/** Every latency that is measured, in the order in which results list them. */
export const metricNames = [
  'ttft',
  'ttft_from_schedule',
  'client_wait',
  'queue_wait',
  'prefill',
  'delivery',
  'chunk_gap',
  'tpot',
  'e2e',
] as const;

export type MetricName = (typeof metricNames)[number];

const ofStreams: ReadonlySet<MetricName> = new Set(['ttft', 'ttft_from_schedule', 'delivery', 'chunk_gap', 'tpot']);

/** Whether only streams have it: an answer that arrives as a whole shows nothing about its tokens. */
export function isOfStreams(metric: MetricName): boolean {
  return ofStreams.has(metric);
}

/** A value for each metric, in the order of {@link metricNames}. */
export type PerMetric<T> = Readonly<Record<MetricName, T>>;

/** Makes a value for each metric. */
export function perMetric<T>(valueOf: (name: MetricName) => T): PerMetric<T> {
  const values: Partial<Record<MetricName, T>> = {};
  for (const name of metricNames) values[name] = valueOf(name);
  if (hasAll(values)) return values;
  throw new Error('a metric was left out');
}

function hasAll<T>(values: Partial<Record<MetricName, T>>): values is Record<MetricName, T> {
  return metricNames.every((name) => name in values);
}

/** The percentiles of the results, in percent. */
export const percentiles = { p50: 50, p90: 90, p95: 95, p99: 99, p99_9: 99.9 } as const;

export type PercentileName = keyof typeof percentiles;

export function isPercentile(name: string): name is PercentileName {
  return Object.hasOwn(percentiles, name);
}

export const percentileNames: readonly PercentileName[] = Object.keys(percentiles).filter(isPercentile);

/** The name as people write it, such as `p99.9`. */
export function percentileText(name: PercentileName): string {
  return name.replace('_', '.');
}
