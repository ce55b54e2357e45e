import { createHash } from 'node:crypto';
import { ChatstreamError } from '../base/errors.js';
import type { KeyTerms } from '../scheduler/jobs/demand.js';
import { type TrafficClass, usualClass } from '../scheduler/jobs/traffic-class.js';
import type { RateLimits } from '../scheduler/rate-limits/rate-limiter.js';

/** What a key may do: generate; read the queue and metrics; everything. */
export type Role = 'user' | 'observer' | 'admin';

/** A key that clients may send, and its rights. The key itself is not stored. */
export interface KeySettings {
  /** Unique, and shown in logs and metrics. */
  readonly name: string;
  /** SHA-256 of the key, 32 bytes. */
  readonly digest: Buffer;
  readonly trafficClass: TrafficClass;
  readonly role: Role;
  readonly terms: KeyTerms;
  readonly rates: RateLimits;
  /** The header, in lower case, that tells apart those who share the key; left out if it counts as one. */
  readonly userHeader?: string;
  /** The names of the models that it may request, at least one; left out if it may request all. */
  readonly models?: readonly string[];
}

export const noRates: RateLimits = { requestsPerMinute: null, tokensPerMinute: null, tokensPerDay: null };

export function digestOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

/** The name of the n-th key that is given with `--api-key`, from 1. Keys of the configuration have other names. */
function apiKeyName(count: number): string {
  return `api-key-${count}`;
}

/**
 * All keys that a server accepts: those of `--api-key`, then those of its configuration file.
 *
 * @throws ChatstreamError `usage` for a key that appears in both, which would have two meanings
 */
export function acceptedKeys(apiKeys: readonly string[], keys: readonly KeySettings[]): readonly KeySettings[] {
  const given = apiKeySettings(apiKeys);
  const twin = keys.find(({ digest }) => given.some((key) => key.digest.equals(digest)));
  if (twin === undefined) return [...given, ...keys];
  throw new ChatstreamError('usage', `The key "${twin.name}" of the configuration file is also an --api-key.`, {
    hint: 'Leave out --api-key (or CHATSTREAM_API_KEY): it may do everything, whatever the file says.',
  });
}

/** Keys that are given with `--api-key`: they may do everything, and share the server equally. */
export function apiKeySettings(keys: readonly string[]): readonly KeySettings[] {
  return keys.map((key, index) => ({
    name: apiKeyName(index + 1),
    digest: digestOf(key),
    trafficClass: usualClass,
    role: 'admin',
    terms: { share: 1, maxRunning: null, maxWaiting: null },
    rates: noRates,
  }));
}
