import { createHash, timingSafeEqual } from 'node:crypto';
import { missingKeyError, wrongKeyError } from '../../base/refusals.js';

/**
 * Checks `Authorization: Bearer …` against the accepted keys.
 *
 * Keys are compared as digests, and always all of them, so that the time it takes reveals neither the length of a key
 * nor how much of it was correct.
 */
export class Authenticator {
  readonly #digests: readonly Buffer[];

  constructor(apiKeys: readonly string[]) {
    this.#digests = apiKeys.map(digest);
  }

  /** @throws ChatstreamError `invalid_api_key` */
  check(authorization: string | undefined): void {
    if (this.#digests.length === 0) return;
    const key = /^bearer +(.+)$/i.exec(authorization ?? '')?.[1];
    if (key === undefined) throw missingKeyError();
    const given = digest(key);
    const matches = this.#digests.filter((accepted) => timingSafeEqual(accepted, given));
    if (matches.length === 0) throw wrongKeyError();
  }
}

function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
