import type { Pool } from 'undici';
import { resumeHeader, wantsTokenRecords } from '../../base/token-records.js';
import type { Ask } from './discovery.js';
import type { Exchange, UpstreamRequest } from './exchange/exchange.js';
import { generationPool } from './generation-pool.js';
import { probesThrough } from './probe.js';
import type { UpstreamOptions } from './upstream-options.js';
import type { UpstreamTimes } from './upstream-times.js';

/** The way to an upstream: its connections, the path with which all of its routes begin, and the key that it wants. */
export class UpstreamConnection {
  /** Sends a probe. */
  readonly ask: Ask;
  readonly #pool: Pool;
  readonly #basePath: string;
  readonly #key: string | null;

  constructor(
    { baseUrl, key }: Pick<UpstreamOptions, 'baseUrl' | 'key'>,
    { connectTimeoutMs, probeTimeoutMs }: Pick<UpstreamTimes, 'connectTimeoutMs' | 'probeTimeoutMs'>,
  ) {
    const { origin, pathname } = new URL(baseUrl);
    this.#basePath = pathname.replace(/\/$/, '');
    this.#key = key;
    this.#pool = generationPool(origin, connectTimeoutMs);
    this.ask = probesThrough(this.#pool, this.#basePath, key, probeTimeoutMs);
  }

  /** @param wantsRecords whether a stream is to say which tokens are in it, so that another server can continue with it */
  send(request: Pick<UpstreamRequest, 'path' | 'headers' | 'body'>, exchange: Exchange, wantsRecords: boolean): void {
    const key = this.#key;
    const headers = {
      ...request.headers,
      // Without it, any coding would be welcome, and nothing of the answer could be read.
      'accept-encoding': 'identity',
      ...(wantsRecords && { [resumeHeader]: wantsTokenRecords }),
      ...(key !== null && { authorization: `Bearer ${key}`, 'x-api-key': key }),
    };
    this.#pool.dispatch({ method: 'POST', path: this.#basePath + request.path, headers, body: request.body }, exchange);
  }

  /** Breaks off whatever is under way. */
  close(): Promise<void> {
    return this.#pool.destroy();
  }
}
