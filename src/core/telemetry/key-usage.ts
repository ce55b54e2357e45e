import type { Subscribable } from '../base/emitter.js';
import { type InferenceEvent, wasComputed } from '../inference/request.js';
import { noKey } from '../scheduler/jobs/demand.js';
import { ModelNames } from './model-names.js';
import { type CountedOutcome, countedOutcome, countedOutcomes } from './totals.js';

const hourMs = 3_600_000;

/** What a key's ended requests have used. */
export interface Usage {
  /** By outcome. */
  readonly requests: Readonly<Record<CountedOutcome, number>>;
  /** Tokens are those of requests that left the queue. */
  readonly promptTokens: number;
  /** Those of the prompts that needed no prefill. */
  readonly cachedTokens: number;
  readonly outputTokens: number;
  /** Time in the request queue, of all requests together, in milliseconds. */
  readonly queueMs: number;
}

/**
 * What a key's ended requests have used for each model, by its name. Requests that were refused before they had a line
 * are not included.
 */
export type UsageByModel = ReadonlyMap<string, Usage>;

/** What a key has used in one hour of the clock. */
export interface HourOfUsage extends Usage {
  /** When the hour began, in milliseconds since 1970. */
  readonly startMs: number;
  /** Empty on a server of one model. */
  readonly models: UsageByModel;
}

type Sum = { -readonly [Name in keyof Usage]: Usage[Name] } & { readonly requests: Record<CountedOutcome, number> };

interface SumOfKey {
  readonly all: Sum;
  readonly models: Map<string, Sum>;
}

type SettledEvent = Extract<InferenceEvent, { type: 'settled' }>;

/** What keys have used, for anyone interested. */
export interface UsageBook {
  /** The keys that have had requests in the hours that are kept, in the order of their names. */
  readonly names: readonly string[];
  /**
   * The hours in which a key had requests, the oldest first.
   *
   * @param most how many of the latest hours of the clock count, this one included
   */
  hoursOf(key: string, most: number): readonly HourOfUsage[];
}

/**
 * What each key has used, hour by hour. The names of keys come from the configuration, never from clients, so that their
 * number is bounded.
 */
export class KeyUsage implements UsageBook {
  readonly #retentionMs: number;
  readonly #unixMs: () => number;
  /** By the time of their start, the oldest first; in each, the keys that had requests. */
  readonly #hours = new Map<number, Map<string, SumOfKey>>();
  readonly #models = new ModelNames();

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
      const { all, models } = this.#sumOf(event.key ?? noKey);
      count(all, event);
      if (event.model === undefined) return;
      const model = this.#models.of(event.model);
      const ofModel = models.get(model) ?? emptySum();
      models.set(model, ofModel);
      count(ofModel, event);
    });
  }

  get names(): readonly string[] {
    this.#forgetOld();
    return [...new Set([...this.#hours.values()].flatMap((keys) => [...keys.keys()]))].sort();
  }

  hoursOf(key: string, most: number): readonly HourOfUsage[] {
    this.#forgetOld();
    const firstMs = this.#thisHourMs() - (most - 1) * hourMs;
    return [...this.#hours].flatMap(([startMs, keys]) => {
      const sum = startMs < firstMs ? undefined : keys.get(key);
      return sum === undefined ? [] : [{ startMs, ...totalUsage([sum.all]), models: new Map(sum.models) }];
    });
  }

  /**
   * Writes down a whole hour of a key, as another front has counted it. Of two counts of the same hour, the one with
   * more requests stays.
   */
  put(key: string, { startMs, models, ...used }: HourOfUsage): void {
    if (startMs + hourMs <= this.#unixMs() - this.#retentionMs || this.#retentionMs === 0) return;
    const sum = this.#sumOf(key, startMs);
    if (requestsOf(sum.all) > requestsOf(used)) return;
    Object.assign(sum.all, totalUsage([used]));
    for (const [model, ofModel] of models) sum.models.set(model, totalUsage([ofModel]));
  }

  #sumOf(key: string, startMs = this.#thisHourMs()): SumOfKey {
    let keys = this.#hours.get(startMs);
    if (keys === undefined) {
      this.#forgetOld();
      keys = new Map();
      this.#hours.set(startMs, keys);
    }
    const known = keys.get(key);
    if (known !== undefined) return known;
    const sum = { all: emptySum(), models: new Map<string, Sum>() };
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

/** The sum of several hours. */
export function totalUsage(hours: readonly Usage[]): Sum {
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

/** What several hours have in common, for each model: in the order of their names. */
export function totalByModel(hours: readonly HourOfUsage[]): UsageByModel {
  const names = [...new Set(hours.flatMap(({ models }) => [...models.keys()]))].sort();
  return new Map(names.map((name) => [name, totalUsage(hours.flatMap(({ models }) => models.get(name) ?? []))]));
}

/** Combines the hours of several books into one. */
export function mergedHours(books: readonly (readonly HourOfUsage[])[]): readonly HourOfUsage[] {
  const all = books.flat();
  const starts = [...new Set(all.map(({ startMs }) => startMs))].sort((one, other) => one - other);
  return starts.map((startMs) => {
    const hours = all.filter((hour) => hour.startMs === startMs);
    return { startMs, ...totalUsage(hours), models: totalByModel(hours) };
  });
}

function requestsOf({ requests }: Usage): number {
  return countedOutcomes.reduce((sum, outcome) => sum + requests[outcome], 0);
}

function count(sum: Sum, { outcome, timings }: SettledEvent): void {
  sum.requests[countedOutcome(outcome)] += 1;
  sum.queueMs += timings.queueMs;
  if (!wasComputed(timings)) return;
  sum.promptTokens += timings.promptTokens;
  sum.cachedTokens += timings.cachedTokens;
  sum.outputTokens += timings.outputTokens;
}

function emptySum(): Sum {
  const requests = { completed: 0, cancelled: 0, refused: 0, timed_out: 0, failed: 0 };
  return { requests, promptTokens: 0, cachedTokens: 0, outputTokens: 0, queueMs: 0 };
}
