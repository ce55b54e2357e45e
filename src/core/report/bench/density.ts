import type { FiguresPerMetric } from '../../measurement/result-schema.js';
import type { SettingSummary } from '../../measurement/summarise.js';

/** Samples that lie somewhere between two times. */
export interface Mass {
  readonly fromMs: number;
  readonly upToMs: number;
  readonly count: number;
}

/** A logarithmic axis of time. What lies outside counts as lying at its ends. */
export interface LogAxis {
  readonly fromMs: number;
  readonly toMs: number;
  /** Whether something lies below. */
  readonly openBelow: boolean;
}

export type DensityMetric = 'ttft' | 'ttft_from_schedule' | 'queue_wait';

/** Where a setting's samples lie: from its histogram, or from the buckets of the server's. Empty if neither is known. */
export function massesOf({ histograms, metrics }: SettingSummary, metric: DensityMetric): readonly Mass[] {
  const histogram = histograms.get(metric);
  if (histogram !== undefined && histogram.count > 0) {
    return Array.from(histogram.cells(), ({ upToMs, count }) => ({ fromMs: upToMs, upToMs, count }));
  }
  return metric === 'queue_wait' ? bucketMasses(metrics.queue_wait) : [];
}

function bucketMasses({ buckets = [] }: FiguresPerMetric['queue_wait']): readonly Mass[] {
  let fromMs = 0;
  const masses: Mass[] = [];
  for (const { up_to_ms: bound, count } of buckets) {
    // Of what is beyond the last bound no more is known.
    const upToMs = bound ?? fromMs;
    if (count > 0) masses.push({ fromMs, upToMs, count });
    fromMs = upToMs;
  }
  return masses;
}

/**
 * One axis for the headline latencies and queue waits of all settings, between round numbers. It begins a decade below
 * the fastest first token at the latest: how much less than that somebody did not wait, nobody feels.
 *
 * @returns null if there are no samples
 */
export function commonAxis(headlines: readonly Mass[], queueWaits: readonly Mass[]): LogAxis | null {
  const all = [...headlines, ...queueWaits];
  if (all.length === 0) return null;
  const toMs = Math.max(0.01, ...all.map(({ upToMs }) => upToMs));
  const fastest = Math.min(toMs, ...headlines.map(({ upToMs }) => upToMs));
  const least = Math.min(...all.map(({ fromMs, upToMs }) => (fromMs > 0 ? fromMs : upToMs)));
  const fromMs = roundDown(Math.max(least, fastest / 10, 0.001));
  return { fromMs, toMs: roundUp(Math.max(toMs, fromMs * 1.01)), openBelow: least < fromMs };
}

/** Where a time lies on the axis, 0 to 1. */
export function positionOn({ fromMs, toMs }: LogAxis, ms: number): number {
  if (ms <= fromMs) return 0;
  return Math.min(1, Math.log(ms / fromMs) / Math.log(toMs / fromMs));
}

/**
 * Counts per equally wide stretch of the axis. What lies somewhere in an interval is spread evenly over it, as far as it
 * is on the axis.
 */
export function densityOn(axis: LogAxis, masses: readonly Mass[], bins: number): readonly number[] {
  const counts = new Array<number>(bins).fill(0);
  const add = (bin: number, count: number): void => {
    const at = Math.min(bins - 1, bin);
    counts[at] = (counts[at] ?? 0) + count;
  };
  for (const { fromMs, upToMs, count } of masses) {
    const from = positionOn(axis, fromMs) * bins;
    const to = positionOn(axis, upToMs) * bins;
    if (to - from < 1) {
      add(Math.floor(to), count);
      continue;
    }
    for (let bin = Math.floor(from); bin < to; bin += 1) {
      add(bin, (count * (Math.min(to, bin + 1) - Math.max(from, bin))) / (to - from));
    }
  }
  return counts;
}

/**
 * Round times on the axis: decades, and 2 and 5 between them if there are fewer than three decades. If something lies
 * below the axis, its beginning is one of them.
 */
export function ticksOf({ fromMs, toMs, openBelow }: LogAxis): readonly number[] {
  const decades = Math.log10(toMs / fromMs);
  const steps = decades > 2.5 ? [1] : [1, 2, 5];
  const ticks: number[] = openBelow ? [fromMs] : [];
  for (let power = Math.floor(Math.log10(fromMs)); power <= Math.ceil(Math.log10(toMs)); power += 1) {
    for (const step of steps) {
      const tick = step * 10 ** power;
      if (tick >= fromMs * (openBelow ? 1.001 : 0.999) && tick <= toMs * 1.001) ticks.push(tick);
    }
  }
  return ticks;
}

const roundSteps = [1, 2, 5, 10] as const;

function roundDown(ms: number): number {
  const power = 10 ** Math.floor(Math.log10(ms) + 1e-9);
  return (roundSteps.findLast((step) => step * power <= ms * (1 + 1e-9)) ?? 1) * power;
}

function roundUp(ms: number): number {
  const power = 10 ** Math.floor(Math.log10(ms) + 1e-9);
  return (roundSteps.find((step) => step * power >= ms * (1 - 1e-9)) ?? 10) * power;
}
