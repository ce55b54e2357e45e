import type { Clock } from '../../base/clock.js';
import { Emitter, type Subscribable } from '../../base/emitter.js';
import { isMember, keyOf, mostIdleMembers } from '../../base/payer.js';
import { RecentlyUsed } from '../../base/recently-used.js';
import { quotaExceededError, rateLimitedError, tooManyAtOnceError } from '../../base/refusals/key-refusals.js';
import { TokenBucket, wholeSeconds } from './token-bucket.js';

/** Limits over time; null for none. */
export interface RateLimits {
  readonly requestsPerMinute: number | null;
  readonly tokensPerMinute: number | null;
  /** Uncached prompt tokens and output tokens. */
  readonly tokensPerDay: number | null;
}

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

interface Buckets {
  readonly rates: RateLimits;
  readonly requests: TokenBucket | null;
  readonly tokens: TokenBucket | null;
  readonly daily: TokenBucket | null;
}

/** What a key or an address has used of its limits: requests that came, and tokens of those that have ended. */
export interface Spending {
  readonly payer: string;
  readonly requests: number;
  readonly tokens: number;
}

/** What is missing in the buckets of a key or an address until they are full; 0 where there is no limit. */
export interface Shortage extends Spending {
  /** Tokens of the day. */
  readonly daily: number;
  /** The limits from which that is missing; those of the reader if left out. */
  readonly of?: { readonly requests: number | null; readonly tokens: number | null; readonly daily: number | null };
}

/** What is left of one limit. */
export interface Remaining {
  readonly limit: number;
  readonly remaining: number;
  /** Until all of it is there again, in milliseconds. */
  readonly resetMs: number;
}

/**
 * Limits of keys over time, and of addresses and users that share one, of which the latest are remembered. Requests are
 * counted when they come, and tokens when a request has ended, so that those that run beside each other may together
 * exceed a limit; what was too much is then missing from what comes next.
 */
export class RateLimiter {
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Buckets>();
  #rates: ReadonlyMap<string, RateLimits> = new Map();
  readonly #ofMembers = new RecentlyUsed<Buckets>(mostIdleMembers);
  readonly #spent = new Emitter<Spending>();

  constructor(clock: Clock, rates: ReadonlyMap<string, RateLimits> = new Map()) {
    this.#clock = clock;
    this.configure(rates);
  }

  /** What is used here of limits, not what is used elsewhere. */
  get spent(): Subscribable<Spending> {
    return this.#spent.subscribe;
  }

  /** Of all payers whose buckets are not full. */
  get shortages(): readonly Shortage[] {
    const ofMembers = Array.from(this.#ofMembers.keys, (payer) => [payer, this.#ofMembers.get(payer)] as const);
    return [...this.#buckets, ...ofMembers]
      .map(([payer, buckets]) => ({
        payer,
        requests: missingIn(buckets?.requests),
        tokens: missingIn(buckets?.tokens),
        daily: missingIn(buckets?.daily),
        of: {
          requests: buckets?.requests?.size ?? null,
          tokens: buckets?.tokens?.size ?? null,
          daily: buckets?.daily?.size ?? null,
        },
      }))
      .filter(({ requests, tokens, daily }) => requests + tokens + daily > 0);
  }

  /**
   * Changes the limits of keys. What a key has used stays used, also of a limit that is another one from now on, but lowering a
   * limit makes no key wait for more than a period, and what is left of the bucket's debt then is forgiven for good.
   */
  configure(rates: ReadonlyMap<string, RateLimits>): void {
    const gone = [...this.#ofMembers.keys].filter((payer) => !rates.has(keyOf(payer)));
    for (const payer of gone) this.#ofMembers.delete(payer);
    this.#rates = rates;
    for (const name of this.#buckets.keys()) if (!rates.has(name)) this.#buckets.delete(name);
    for (const [name, each] of rates) this.#buckets.set(name, this.#bucketsOf(each, this.#buckets.get(name)));
  }

  /**
   * Counts requests that have come.
   *
   * @throws ChatstreamError as {@link assertLeft}; nothing is counted then
   */
  take(payer: string, requests: number): void {
    this.assertLeft(payer, requests);
    const buckets = this.#bucketsFor(payer);
    if (buckets === undefined) return;
    buckets.requests?.take(requests);
    this.#spent.emit({ payer, requests, tokens: 0 });
  }

  /**
   * Whether requests could be counted, for work that comes before that.
   *
   * @throws ChatstreamError `rate_limited` or `quota_exceeded`, with the seconds until there is enough again;
   *   `invalid_request` for more at once than there may be in a minute
   */
  assertLeft(payer: string, requests: number): void {
    const buckets = this.#bucketsFor(payer);
    if (buckets === undefined) return;
    const { rates, requests: perMinute, tokens, daily } = buckets;
    if (perMinute !== null && requests > perMinute.size) throw tooManyAtOnceError(payer, requests, perMinute.size);
    const daysMs = daily?.msUntil(1) ?? 0;
    const tokensMs = tokens?.msUntil(1) ?? 0;
    const requestsMs = perMinute?.msUntil(requests) ?? 0;
    // Names the limit that keeps the key waiting longest: before that, it would be refused again.
    const longestMs = Math.max(daysMs, tokensMs, requestsMs);
    if (longestMs === 0) return;
    const retryAfterSeconds = wholeSeconds(longestMs);
    if (daysMs === longestMs) throw quotaExceededError(payer, rates.tokensPerDay ?? 0, retryAfterSeconds);
    const limit =
      tokensMs === longestMs
        ? `${rates.tokensPerMinute ?? 0} tokens per minute`
        : `${rates.requestsPerMinute ?? 0} requests per minute`;
    throw rateLimitedError(payer, limit, retryAfterSeconds);
  }

  /** Counts the tokens of a request that has ended. */
  spend(payer: string, tokens: number): void {
    const buckets = this.#bucketsFor(payer);
    if (buckets === undefined) return;
    buckets.tokens?.take(tokens);
    buckets.daily?.take(tokens);
    this.#spent.emit({ payer, requests: 0, tokens });
  }

  /**
   * Counts what was used at another server with the same limits, whatever is left of them. After an outage, it may be the requests
   * of hours, which were refused there: no key waits for more than a minute because of that.
   */
  spendElsewhere({ payer, requests, tokens }: Spending): void {
    const buckets = this.#bucketsFor(payer);
    buckets?.requests?.takeElsewhere(requests);
    buckets?.tokens?.take(tokens);
    buckets?.daily?.take(tokens);
  }

  /**
   * At least so much is missing in the buckets of a payer, as another server knows. Where that has another limit, it is
   * as if the limit had changed from that one: see {@link configure}.
   */
  reduce({ payer, requests, tokens, daily, of }: Shortage): void {
    const buckets = this.#bucketsFor(payer);
    lack(buckets?.requests, requests, of?.requests);
    lack(buckets?.tokens, tokens, of?.tokens);
    lack(buckets?.daily, daily, of?.daily);
  }

  /** What a payer has left in this minute; null without a limit. */
  remaining(payer: string): { readonly requests: Remaining | null; readonly tokens: Remaining | null } {
    const buckets = this.#bucketsFor(payer);
    return { requests: remainingOf(buckets?.requests), tokens: remainingOf(buckets?.tokens) };
  }

  /** Those of an address or a user are made, and follow changed limits, when it comes. */
  #bucketsFor(payer: string): Buckets | undefined {
    if (!isMember(payer)) return this.#buckets.get(payer);
    const rates = this.#rates.get(keyOf(payer));
    if (rates === undefined) return undefined;
    const known = this.#ofMembers.get(payer);
    const buckets = known?.rates === rates ? known : this.#bucketsOf(rates, known);
    this.#ofMembers.set(payer, buckets);
    return buckets;
  }

  /** @param known those that they replace: what has been used of them stays used */
  #bucketsOf(rates: RateLimits, known?: Buckets): Buckets {
    const bucket = (size: number | null, periodMs: number, old: TokenBucket | null = null): TokenBucket | null => {
      if (size === null) return null;
      if (old === null) return new TokenBucket(size, periodMs, this.#clock);
      return size === old.size ? old : old.resized(size);
    };
    return {
      rates,
      requests: bucket(rates.requestsPerMinute, minuteMs, known?.requests),
      tokens: bucket(rates.tokensPerMinute, minuteMs, known?.tokens),
      daily: bucket(rates.tokensPerDay, dayMs, known?.daily),
    };
  }
}

function missingIn(bucket: TokenBucket | null | undefined): number {
  return bucket?.used ?? 0;
}

/** @param size of the bucket from which it is missing; the same if not given */
function lack(bucket: TokenBucket | null | undefined, missing: number, size: number | null | undefined): void {
  bucket?.lack(missing, size ?? bucket.size);
}

function remainingOf(bucket: TokenBucket | null | undefined): Remaining | null {
  if (bucket === null || bucket === undefined) return null;
  const remaining = Math.max(0, Math.floor(bucket.level));
  return { limit: bucket.size, remaining, resetMs: bucket.msUntil(bucket.size) };
}
