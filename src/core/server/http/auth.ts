import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { missingKeyError, wrongKeyError } from '../../base/refusals.js';

/**
 * Checks the key of a request against the accepted ones. OpenAI's clients send it as a bearer token, Anthropic's as
 * `x-api-key` and Azure's as `api-key`; some send a placeholder in one header and the key in another.
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
  check(headers: IncomingHttpHeaders): void {
    if (this.#digests.length === 0) return;
    const keys = keysIn(headers);
    if (keys.length === 0) throw missingKeyError();
    const matches = keys.filter((key) => this.#accepts(key));
    if (matches.length === 0) throw wrongKeyError();
  }

  #accepts(key: string): boolean {
    const given = digest(key);
    const matches = this.#digests.filter((accepted) => timingSafeEqual(accepted, given));
    return matches.length > 0;
  }
}

function keysIn(headers: IncomingHttpHeaders): readonly string[] {
  const bearer = /^bearer +(.+)$/i.exec(headers.authorization ?? '')?.[1];
  const keys = [bearer, headers['x-api-key'], headers['api-key']].flat();
  return keys.flatMap((key) => (key === undefined || key === '' ? [] : [key]));
}

function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
