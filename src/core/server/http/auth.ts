import { createHash, timingSafeEqual } from 'node:crypto';
import { missingKeyError, wrongKeyError } from '../../base/refusals.js';

/**
 * Checks `Authorization: Bearer …` and `x-api-key` against the accepted keys. If a client sends both, one has to be right.
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
  check(authorization: string | undefined, apiKey?: string | readonly string[]): void {
    if (this.#digests.length === 0) return;
    const given = [/^bearer +(.+)$/i.exec(authorization ?? '')?.[1], apiKey].flatMap((key) =>
      typeof key === 'string' && key !== '' ? [digest(key)] : [],
    );
    if (given.length === 0) throw missingKeyError();
    const matches = given.flatMap((key) => this.#digests.filter((accepted) => timingSafeEqual(accepted, key)));
    if (matches.length === 0) throw wrongKeyError();
  }
}

function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
