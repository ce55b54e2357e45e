import type { MetricName } from '../metric-names.js';
import type { MetricFigures, Run, Saturation } from '../result-schema.js';
import { ClientDelay } from './client-delay.js';

/** A load generator that uses more than this share of a core per worker has too little time left for bursts. */
const mostCpuShare = 0.9;

/** Requests that are later than this share of the time they take make a lighter load than planned. */
const mostLateness = 0.2;

/** What one or several runs of a setting say about the load generator. */
export interface LoadEvidence {
  /** Per worker. */
  readonly cpuShare: number;
  readonly delay: ClientDelay;
  readonly clientWait: Pick<MetricFigures, 'mean'>;
  readonly ttft: Pick<MetricFigures, 'stddev' | 'count'>;
  readonly e2e: Pick<MetricFigures, 'mean'>;
}

/**
 * Everything that is wrong with the load; empty if it was what the plan says. `cpu`: the load generator used nearly all of
 * a core per worker. `late-sends`: it sent so late that the server had a lighter load than planned. `ttft-error`: its own
 * delay is larger than all differences between the times to first token that it measured.
 */
export function saturationOf({ cpuShare, delay, clientWait, ttft, e2e }: LoadEvidence): readonly Saturation[] {
  const found: Saturation[] = [];
  if (cpuShare > mostCpuShare) found.push('cpu');
  // A client of a closed loop sends when it has noticed the end of the last answer; a schedule is late by the client wait.
  const lateMs = Math.max(delay.meanMs, clientWait.mean ?? 0);
  if (e2e.mean !== null && lateMs > mostLateness * e2e.mean) found.push('late-sends');
  if (ttft.count > 1 && ttft.stddev !== null && delay.meanMs > ttft.stddev) found.push('ttft-error');
  return found;
}

/** The client wait without the time for which requests were held back as planned: that is not the client's fault. */
export function ownWait(
  { mean }: Pick<MetricFigures, 'mean'>,
  heldBack: { readonly mean_ms: number } | undefined,
): Pick<MetricFigures, 'mean'> {
  return { mean: mean === null ? null : Math.max(0, mean - (heldBack?.mean_ms ?? 0)) };
}

function pooledHold(runs: readonly Run[]): number {
  const completed = runs.reduce((sum, { requests }) => sum + requests.completed, 0);
  const heldMs = runs.reduce(
    (sum, { held_back: held, requests }) => sum + (held?.mean_ms ?? 0) * requests.completed,
    0,
  );
  return completed === 0 ? 0 : heldMs / completed;
}

/** The same for several runs of a setting together, as one run of their length would have shown it. */
export function saturationOfRuns(runs: readonly Run[]): readonly Saturation[] {
  if (runs.length === 0) return [];
  const seconds = runs.reduce((sum, { window }) => sum + window.span_seconds, 0);
  const cpu = runs.reduce((sum, { client, window }) => sum + client.cpu_share * window.span_seconds, 0);
  const pooledRuns = saturationOf({
    cpuShare: seconds === 0 ? Math.max(...runs.map(({ client }) => client.cpu_share)) : cpu / seconds,
    delay: ClientDelay.ofRuns(runs),
    clientWait: ownWait(pooled(runs, 'client_wait'), { mean_ms: pooledHold(runs) }),
    ttft: pooled(runs, 'ttft'),
    e2e: pooled(runs, 'e2e'),
  });
  // Of several machines, one may have been too slow.
  const ofAgents = runs.flatMap(({ agents }) => agents?.members ?? []).flatMap(({ saturation }) => saturation);
  return [...new Set([...pooledRuns, ...ofAgents])];
}

/** Whether this makes a latency, or a rate, unreliable. */
export function touches(saturation: Saturation, metric: MetricName | 'rate', queueWaitSource: string): boolean {
  if (saturation !== 'ttft-error') return true;
  const isTtft = metric === 'ttft' || metric === 'ttft_from_schedule' || metric === 'delivery';
  return isTtft || (metric === 'queue_wait' && queueWaitSource === 'derived');
}

/** Number, mean and deviation of all samples of several runs. */
export function pooled(runs: readonly Run[], name: MetricName): Pick<MetricFigures, 'count' | 'mean' | 'stddev'> {
  let count = 0;
  let sum = 0;
  let squares = 0;
  for (const { metrics } of runs) {
    const { count: own, mean, stddev } = metrics[name];
    if (mean === null) continue;
    count += own;
    sum += own * mean;
    squares += own * (mean ** 2 + (stddev ?? 0) ** 2);
  }
  if (count === 0) return { count, mean: null, stddev: null };
  const mean = sum / count;
  return { count, mean, stddev: Math.sqrt(Math.max(0, squares / count - mean ** 2)) };
}
