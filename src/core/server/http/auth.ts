import { createHash, timingSafeEqual } from 'node:crypto';
import { ChatstreamError } from '../../base/errors.js';

/**
 * Checks `Authorization: Bearer …` against the accepted keys.
 *
 * Keys are compared as digests, all of them every time, so that neither the length of a key nor how much of it was right
 * can be read from the time it takes.
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
    if (key === undefined) {
      throw new ChatstreamError('invalid_api_key', 'This server needs an API key.', {
        hint: 'Send it in the header "Authorization: Bearer KEY".',
      });
    }
    const given = digest(key);
    const matches = this.#digests.filter((accepted) => timingSafeEqual(accepted, given));
    if (matches.length === 0) throw new ChatstreamError('invalid_api_key', 'The API key is not one of this server’s.');
  }
}

function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
