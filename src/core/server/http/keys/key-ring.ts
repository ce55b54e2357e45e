import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { addressPayer, memberPayer } from '../../../base/payer.js';
import { missingKeyError, wrongKeyError } from '../../../base/refusals/key-refusals.js';
import { digestOf, type KeySettings, noRates } from '../../../config/key-settings.js';
import { noKey, usualTerms } from '../../../scheduler/jobs/demand.js';
import { usualClass } from '../../../scheduler/jobs/traffic-class.js';
import type { LentKey } from '../../console/load-tests.js';
import { clientWithoutKey } from './client-address.js';
import { userIn } from './user-header.js';

/** All clients, on a server without keys. */
const anybody: KeySettings = {
  name: noKey,
  digest: Buffer.alloc(0),
  trafficClass: usualClass,
  role: 'admin',
  terms: usualTerms,
  rates: noRates,
};

/** Some clients cannot omit the key; where none is needed, they can send this one. */
const placeholder = noKey;

/** Who has sent a request. */
interface Client {
  readonly settings: KeySettings;
  /** If not the key. */
  readonly payer?: string;
}

/**
 * Finds the key of a request among the accepted ones. OpenAI's clients send it as a bearer token, Anthropic's as
 * `x-api-key` and Azure's as `api-key`; some send a placeholder in one header and the key in another.
 *
 * Keys are compared as digests, and always all of them, so that the time it takes reveals neither the length of a key
 * nor how much of it was correct.
 */
export class KeyRing {
  #keys: readonly KeySettings[];
  #anonymous: KeySettings | null;
  readonly #lent = new Set<KeySettings>();
  readonly #found = new WeakMap<object, Client>();

  /**
   * @param keys the accepted ones; with an empty list no key is needed
   * @param anonymous what requests without a key may do; null if they may do nothing, or everything if there are no keys
   */
  constructor(keys: readonly KeySettings[], anonymous: KeySettings | null = null) {
    this.#keys = keys;
    this.#anonymous = anonymous;
  }

  /** The settings of all keys, and of requests without one, if these are allowed. */
  get all(): readonly KeySettings[] {
    return this.#anonymous === null ? this.#keys : [...this.#keys, this.#anonymous];
  }

  /** Whether there is a key that clients may send. */
  get hasKeys(): boolean {
    return this.#keys.length > 0;
  }

  /** Whether requests differ by their keys. */
  get tellsApart(): boolean {
    return this.all.length > 0;
  }

  /** Accepts the keys of another ring from now on. Requests that have already been accepted continue. */
  replace(other: KeyRing): void {
    this.#keys = other.#keys;
    this.#anonymous = other.#anonymous;
  }

  /**
   * Makes up a key for requests that this program sends to itself. It may generate, as users may, and is accepted besides
   * the others until it is taken back, also where no key is needed.
   *
   * @param name under which its requests are shown
   */
  lend(name: string): LentKey {
    const key = randomBytes(32).toString('base64url');
    const digest = digestOf(key);
    const settings: KeySettings = { ...anybody, name, digest, role: 'user' };
    this.#lent.add(settings);
    return {
      key,
      takeBack: () => {
        this.#lent.delete(settings);
      },
    };
  }

  /**
   * The key of a request, which is remembered for {@link of}.
   *
   * @param addressOf returns the origin of the request; only called if it has no key
   * @throws ChatstreamError `invalid_api_key`
   */
  check(
    request: { readonly headers: IncomingHttpHeaders },
    addressOf: () => string | undefined = () => '',
  ): KeySettings {
    const settings = this.#keyIn(request.headers);
    const payer =
      settings === this.#anonymous ? addressPayer(clientWithoutKey(addressOf())) : userPayer(settings, request);
    this.#found.set(request, payer === null ? { settings } : { settings, payer });
    return settings;
  }

  /** The key of a request that was checked. */
  of(request: object): KeySettings {
    return this.#found.get(request)?.settings ?? anybody;
  }

  /** Whose limits a request counts against that was checked: its key, one of those who share it, or its address. */
  payerOf(request: object): string {
    const { settings, payer } = this.#found.get(request) ?? { settings: anybody };
    return payer ?? settings.name;
  }

  /** The same as a request to the queue has it; nothing for one that needed no key. */
  ownerOf(request: object): { readonly key?: string; readonly payer?: string } {
    const client = this.#found.get(request);
    if (client === undefined || client.settings === anybody) return {};
    return { key: client.settings.name, ...(client.payer !== undefined && { payer: client.payer }) };
  }

  /** Who has asked for a change, for the log; nothing for one that needed no key. */
  askedBy(request: object): { readonly key?: string } {
    const { key } = this.ownerOf(request);
    return key === undefined ? {} : { key };
  }

  #keyIn(headers: IncomingHttpHeaders): KeySettings {
    if (!this.tellsApart && this.#lent.size === 0) return anybody;
    const given = keysIn(headers);
    if (this.#anonymous !== null && given.every((key) => key === placeholder)) return this.#anonymous;
    const [match] = given.flatMap((key) => this.#matching(key));
    if (match !== undefined) return match;
    if (!this.tellsApart) return anybody;
    throw given.length === 0 ? missingKeyError() : wrongKeyError();
  }

  #matching(key: string): readonly KeySettings[] {
    const given = digestOf(key);
    return [...this.#keys, ...this.#lent].filter(({ digest }) => timingSafeEqual(digest, given));
  }
}

/** @returns null if the key does not tell users apart, or the request does not name one */
function userPayer(
  { name, userHeader }: KeySettings,
  { headers }: { readonly headers: IncomingHttpHeaders },
): string | null {
  const user = userHeader === undefined ? null : userIn(headers[userHeader]);
  return user === null ? null : memberPayer(name, user);
}

function keysIn(headers: IncomingHttpHeaders): readonly string[] {
  const bearer = /^bearer +(.+)$/i.exec(headers.authorization ?? '')?.[1];
  const keys = [bearer, headers['x-api-key'], headers['api-key']].flat();
  return keys.flatMap((key) => (key === undefined || key === '' ? [] : [key]));
}
