import type { LatencyHistogram } from '../../measurement/histogram.js';

/** What is left of the load generator's time when it has this share of a core per worker: too little for bursts. */
const mostCpuShare = 0.9;

/** How late 99 of 100 events may be noticed: a share of the median TTFT, which they are part of, or as much as nobody cares about. */
const toleratedShare = 0.08;
const alwaysToleratedMs = 3;

/** Whether the load generator's own delays are so large that its figures are as much about itself as about the server. */
export function isSaturated(loopDelay: LatencyHistogram, ttft: LatencyHistogram, cpuSharePerWorker: number): boolean {
  const toleratedMs = Math.max(alwaysToleratedMs, toleratedShare * (ttft.quantileMs(50) ?? 0));
  return (loopDelay.quantileMs(99) ?? 0) > toleratedMs || cpuSharePerWorker > mostCpuShare;
}
