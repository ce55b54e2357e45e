import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { missingKeyError, wrongKeyError } from '../../base/key-refusals.js';
import { digestOf, type KeySettings, noRates } from '../../config/key-settings.js';
import { noKey, usualTerms } from '../../scheduler/demand.js';
import { usualClass } from '../../scheduler/traffic-class.js';
import type { LentKey } from '../console/load-tests.js';

/** Everybody, on a server without keys. */
const anybody: KeySettings = {
  name: noKey,
  digest: Buffer.alloc(0),
  trafficClass: usualClass,
  role: 'admin',
  terms: usualTerms,
  rates: noRates,
};

/**
 * Finds the key of a request among the accepted ones. OpenAI's clients send it as a bearer token, Anthropic's as
 * `x-api-key` and Azure's as `api-key`; some send a placeholder in one header and the key in another.
 *
 * Keys are compared as digests, and always all of them, so that the time it takes reveals neither the length of a key
 * nor how much of it was correct.
 */
export class KeyRing {
  #keys: readonly KeySettings[];
  readonly #lent = new Set<KeySettings>();
  readonly #found = new WeakMap<object, KeySettings>();

  /** @param keys the accepted ones; with an empty list no key is needed */
  constructor(keys: readonly KeySettings[]) {
    this.#keys = keys;
  }

  get keys(): readonly KeySettings[] {
    return this.#keys;
  }

  /** Accepts these keys from now on. Requests that have been accepted go on. */
  replace(keys: readonly KeySettings[]): void {
    this.#keys = keys;
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
   * @throws ChatstreamError `invalid_api_key`
   */
  check(request: { readonly headers: IncomingHttpHeaders }): KeySettings {
    const key = this.#keyIn(request.headers);
    this.#found.set(request, key);
    return key;
  }

  /** The key of a request that was checked. */
  of(request: object): KeySettings {
    return this.#found.get(request) ?? anybody;
  }

  /** Whose a request is: the name of its key; undefined for one that needed none. */
  ownerOf(request: object): string | undefined {
    const key = this.of(request);
    return key === anybody ? undefined : key.name;
  }

  #keyIn(headers: IncomingHttpHeaders): KeySettings {
    if (this.#keys.length + this.#lent.size === 0) return anybody;
    const given = keysIn(headers);
    const [match] = given.flatMap((key) => this.#matching(key));
    if (match !== undefined) return match;
    if (this.#keys.length === 0) return anybody;
    throw given.length === 0 ? missingKeyError() : wrongKeyError();
  }

  #matching(key: string): readonly KeySettings[] {
    const given = digestOf(key);
    return [...this.#keys, ...this.#lent].filter(({ digest }) => timingSafeEqual(digest, given));
  }
}

function keysIn(headers: IncomingHttpHeaders): readonly string[] {
  const bearer = /^bearer +(.+)$/i.exec(headers.authorization ?? '')?.[1];
  const keys = [bearer, headers['x-api-key'], headers['api-key']].flat();
  return keys.flatMap((key) => (key === undefined || key === '' ? [] : [key]));
}
