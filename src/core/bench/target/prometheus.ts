import type { BucketCounts } from '../../measurement/buckets.js';

/** The servers' names for their queue wait; all of them count seconds. */
const queueWaitMetricNames = [
  'vllm:request_queue_time_seconds',
  'tgi_request_queue_duration',
  'sglang:queue_time_seconds',
  // Its name until the middle of 2025.
  'sglang:queue_time_s',
] as const;

/** Name, labels, value. A label's value, such as a path of a model, may have braces and escaped quotes in it. */
const sample = /^([a-zA-Z_:][\w:]*)(\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\})?\s+(\S+)/;
const upperBound = /[{,]\s*le="([^"]+)"/;

/**
 * Reads the first of {@link queueWaitMetricNames} from Prometheus's text format, all label sets (models, engines) added up.
 *
 * @returns null if the text has none of them
 */
export function readQueueWait(text: string): BucketCounts | null {
  for (const name of queueWaitMetricNames) {
    const histogram = readHistogram(text, name);
    if (histogram !== null) return histogram;
  }
  return null;
}

function readHistogram(text: string, name: string): BucketCounts | null {
  const cumulative = new Map<number, number>();
  let count = 0;
  let seconds = 0;
  for (const line of text.split('\n')) {
    if (!line.startsWith(name)) continue;
    const match = sample.exec(line);
    if (match === null) continue;
    const value = Number(match[3]);
    if (match[1] === `${name}_count`) count += value;
    else if (match[1] === `${name}_sum`) seconds += value;
    else if (match[1] === `${name}_bucket`) {
      const bound = upperBound.exec(match[2] ?? '')?.[1];
      if (bound === undefined || !Number.isFinite(value)) continue;
      const upTo = bound === '+Inf' ? Infinity : Number(bound);
      cumulative.set(upTo, (cumulative.get(upTo) ?? 0) + value);
    }
  }
  if (cumulative.size === 0) return null;
  let below = 0;
  const buckets = [...cumulative.entries()]
    .sort(([a], [b]) => a - b)
    .map(([upTo, total]) => {
      const inBucket = Math.max(0, total - below);
      below = Math.max(below, total);
      return { upToMs: upTo === Infinity ? null : upTo * 1000, count: inBucket };
    });
  return { buckets, count, sumMs: seconds * 1000 };
}

/** For servers that show the histogram only after the first request. */
export const nothingCounted: BucketCounts = { buckets: [], count: 0, sumMs: 0 };
