import { type BucketCounts, bucketQuantileMs, bucketsBetween } from '../measurement/latency/buckets.js';
import { countsOf } from './queue-view.js';
import type { Totals } from './totals.js';
import type { Reading } from './watched-server.js';

/** Long enough for a readable rate, and short enough for a current one. */
const rateOverMs = 5_000;

/** Percentiles need more requests than rates do. */
const percentilesOverMs = 60_000;

/** The minimum number of readings that are kept, for the course over time. */
const longestCourse = 240;

/** Two percentiles in milliseconds; null if no request has got that far in the time. */
export interface Percentiles {
  readonly p50: number | null;
  readonly p95: number | null;
}

/**
 * What a server has been doing recently. Rates are of the last 5 s, percentiles of the last minute. All are null after
 * a single reading.
 */
export interface Activity {
  readonly outputTokensPerSecond: number | null;
  readonly requestsPerSecond: number | null;
  readonly refusedPerSecond: number | null;
  /** Share of the prompts' tokens that needed no prefill, in the last minute, from 0 to 1; null if there were no prompts. */
  readonly cachedShare: number | null;
  readonly ttft: Percentiles;
  readonly queueWait: Percentiles;
  readonly tpot: Percentiles;
}

/** Values at each reading, the oldest first. */
export interface Course {
  readonly outputTokensPerSecond: readonly number[];
  readonly running: readonly number[];
  readonly waiting: readonly number[];
}

/** Keeps the readings of a server, and computes what happened between them. */
export class ActivityLog {
  #readings: Reading[] = [];

  add(reading: Reading): void {
    const last = this.#readings.at(-1);
    // A server that was restarted counts from 0 again.
    if (last !== undefined && endedOf(reading) < endedOf(last)) this.#readings = [];
    this.#readings.push(reading);
    const isOldEnough = (earlier: Reading | undefined): boolean =>
      earlier !== undefined && reading.atMs - earlier.atMs >= percentilesOverMs;
    while (this.#readings.length > longestCourse && isOldEnough(this.#readings[1])) this.#readings.shift();
  }

  get activity(): Activity {
    const [rateFrom, to] = this.#pair(rateOverMs);
    const [percentilesFrom] = this.#pair(percentilesOverMs);
    if (to === undefined || rateFrom === undefined || percentilesFrom === undefined || to === rateFrom) return nothing;
    const perSecond = (value: (reading: Reading) => number): number => rateBetween(rateFrom, to, value);
    const percentiles = (name: 'ttft' | 'queueWait' | 'tpot'): Percentiles =>
      percentilesBetween(percentilesFrom.totals[name], to.totals[name]);
    const [before, after] = [percentilesFrom.queue.tokens, to.queue.tokens];
    return {
      outputTokensPerSecond: perSecond(tokensOf),
      requestsPerSecond: perSecond(({ queue }) => queue.totals.completed),
      refusedPerSecond: perSecond(({ queue }) => queue.totals.refused),
      cachedShare:
        after.prompt > before.prompt ? (after.cached - before.cached) / (after.prompt - before.prompt) : null,
      ttft: percentiles('ttft'),
      queueWait: percentiles('queueWait'),
      tpot: percentiles('tpot'),
    };
  }

  get course(): Course {
    const readings = this.#readings;
    return {
      outputTokensPerSecond: readings.slice(1).map((to, index) => rateBetween(readings[index] ?? to, to, tokensOf)),
      running: readings.map(({ queue }) => countsOf(queue).running),
      waiting: readings.map(({ queue }) => countsOf(queue).waiting),
    };
  }

  /** The last reading, and the youngest one that is at least this much older, or else the oldest. */
  #pair(ms: number): readonly [Reading | undefined, Reading | undefined] {
    const last = this.#readings.at(-1);
    if (last === undefined) return [undefined, undefined];
    return [this.#readings.findLast(({ atMs }) => last.atMs - atMs >= ms) ?? this.#readings[0], last];
  }
}

const none: Percentiles = { p50: null, p95: null };
const nothing: Activity = {
  outputTokensPerSecond: null,
  requestsPerSecond: null,
  refusedPerSecond: null,
  cachedShare: null,
  ttft: none,
  queueWait: none,
  tpot: none,
};

function endedOf({ queue: { totals } }: Reading): number {
  return totals.completed + totals.cancelled + totals.refused + totals.timed_out + totals.failed;
}

/** Includes tokens of unfinished requests: a server that writes one long answer is not idle. */
function tokensOf({ queue: { output_tokens: all, tokens, running, waiting } }: Reading): number {
  return all ?? [...running, ...waiting].reduce((sum, { output_tokens: soFar = 0 }) => sum + soFar, tokens.output);
}

function rateBetween(from: Reading, to: Reading, value: (reading: Reading) => number): number {
  const seconds = (to.atMs - from.atMs) / 1000;
  return seconds <= 0 ? 0 : Math.max(0, value(to) - value(from)) / seconds;
}

function percentilesBetween(from: Totals['ttft'], to: Totals['ttft']): Percentiles {
  const counted: BucketCounts | null = from === null || to === null ? null : bucketsBetween(from, to);
  if (counted === null) return none;
  return { p50: bucketQuantileMs(counted.buckets, 50), p95: bucketQuantileMs(counted.buckets, 95) };
}
