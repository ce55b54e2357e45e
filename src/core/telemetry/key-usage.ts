import type { Subscribable } from '../base/emitter.js';
import type { InferenceEvent } from '../inference/request.js';
import { noKey } from '../scheduler/demand.js';
import { type CountedOutcome, countedOutcome, countedOutcomes } from './totals.js';

const hourMs = 3_600_000;

/** What the requests of a key have used that have ended. */
export interface Usage {
  /** By outcome. */
  readonly requests: Readonly<Record<CountedOutcome, number>>;
  readonly promptTokens: number;
  /** Those of the prompts that needed no prefill. */
  readonly cachedTokens: number;
  readonly outputTokens: number;
  /** Time in the request queue, of all requests together, in milliseconds. */
  readonly queueMs: number;
}

/** What a key has used in one hour of the clock. */
export interface HourOfUsage extends Usage {
  /** When the hour began, in milliseconds since 1970. */
  readonly startMs: number;
}

type Sum = { -readonly [Name in keyof Usage]: Usage[Name] } & { readonly requests: Record<CountedOutcome, number> };

/**
 * What each key has used, hour by hour. The names of keys come from the configuration, never from clients, so that their
 * number is bounded.
 */
export class KeyUsage {
  readonly #retentionMs: number;
  readonly #unixMs: () => number;
  /** By the time of their start, the oldest first; in each, the keys that had requests. */
  readonly #hours = new Map<number, Map<string, Sum>>();

  /**
   * @param retentionMs how long an hour is kept after its end, in milliseconds; 0 keeps nothing
   * @param unixMs the time of day, in milliseconds since 1970
   */
  constructor(events: Subscribable<InferenceEvent>, retentionMs: number, unixMs: () => number = Date.now) {
    this.#retentionMs = retentionMs;
    this.#unixMs = unixMs;
    if (retentionMs === 0) return;
    events((event) => {
      if (event.type !== 'settled') return;
      const sum = this.#sumOf(event.key ?? noKey);
      const { promptTokens, cachedTokens, outputTokens, queueMs } = event.timings;
      sum.requests[countedOutcome(event.outcome)] += 1;
      sum.queueMs += queueMs;
      if (event.outcome === 'cancelled_waiting' || event.outcome === 'timed_out') return;
      sum.promptTokens += promptTokens;
      sum.cachedTokens += cachedTokens;
      sum.outputTokens += outputTokens;
    });
  }

  /** The keys that have had requests in the hours that are kept. */
  get names(): readonly string[] {
    this.#forgetOld();
    return [...new Set([...this.#hours.values()].flatMap((keys) => [...keys.keys()]))].sort();
  }

  /**
   * The hours in which a key had requests, the oldest first.
   *
   * @param most how many of the latest hours of the clock count, this one included
   */
  hoursOf(key: string, most: number): readonly HourOfUsage[] {
    this.#forgetOld();
    const firstMs = this.#thisHourMs() - (most - 1) * hourMs;
    return [...this.#hours].flatMap(([startMs, keys]) => {
      const sum = startMs < firstMs ? undefined : keys.get(key);
      return sum === undefined ? [] : [{ startMs, ...sum, requests: { ...sum.requests } }];
    });
  }

  #sumOf(key: string): Sum {
    const startMs = this.#thisHourMs();
    let keys = this.#hours.get(startMs);
    if (keys === undefined) {
      this.#forgetOld();
      keys = new Map();
      this.#hours.set(startMs, keys);
    }
    const known = keys.get(key);
    if (known !== undefined) return known;
    const sum = emptySum();
    keys.set(key, sum);
    return sum;
  }

  #forgetOld(): void {
    const oldestMs = this.#unixMs() - this.#retentionMs;
    for (const startMs of this.#hours.keys()) if (startMs + hourMs <= oldestMs) this.#hours.delete(startMs);
  }

  #thisHourMs(): number {
    return Math.floor(this.#unixMs() / hourMs) * hourMs;
  }
}

/** What several hours have in common. */
export function totalUsage(hours: readonly Usage[]): Usage {
  const total = emptySum();
  for (const hour of hours) {
    for (const outcome of countedOutcomes) total.requests[outcome] += hour.requests[outcome];
    total.promptTokens += hour.promptTokens;
    total.cachedTokens += hour.cachedTokens;
    total.outputTokens += hour.outputTokens;
    total.queueMs += hour.queueMs;
  }
  return total;
}

function emptySum(): Sum {
  const requests = { completed: 0, cancelled: 0, refused: 0, timed_out: 0, failed: 0 };
  return { requests, promptTokens: 0, cachedTokens: 0, outputTokens: 0, queueMs: 0 };
}
