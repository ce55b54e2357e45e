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

/** Which latencies a request can miss an objective in: those that it has one value of. */
export const percentiles = { p50: 50, p90: 90, p95: 95, p99: 99, p99_9: 99.9 } as const;

export type PercentileName = keyof typeof percentiles;
