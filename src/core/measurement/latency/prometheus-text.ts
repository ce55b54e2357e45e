import type { BucketCounts } from './buckets.js';

/** Name, labels, value. A label's value, such as a path of a model, may have braces and escaped quotes in it. */
const sample = /^([a-zA-Z_:][\w:]*)(\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\})?\s+(\S+)/;
const upperBound = /[{,]\s*le="([^"]+)"/;

/** A counter or gauge in Prometheus's text format, all label sets (models, engines) added up; 0 if there is none. */
export function sumOf(text: string, name: string): number {
  let sum = 0;
  for (const line of text.split('\n')) {
    const match = line.startsWith(name) ? sample.exec(line) : null;
    if (match?.[1] === name && Number.isFinite(Number(match[3]))) sum += Number(match[3]);
  }
  return sum;
}

/**
 * A histogram of seconds in Prometheus's text format, all label sets added up.
 *
 * @returns null if the text has none of that name
 */
export function readHistogram(text: string, name: string): BucketCounts | null {
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
