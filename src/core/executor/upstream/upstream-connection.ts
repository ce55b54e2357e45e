import type { Pool } from 'undici';
import { resumeHeader, wantsTokenRecords } from '../../base/token-records.js';
import type { Ask } from './discovery.js';
import type { Exchange, UpstreamRequest } from './exchange/exchange.js';
import { generationPool, type PooledRequest } from './generation-pool.js';
import { probesThrough } from './probe.js';
import type { UpstreamOptions } from './upstream-options.js';
import type { UpstreamTimes } from './upstream-times.js';

/** The connection to an upstream: its sockets, the common path of all its routes, and the key that it requires. */
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

  /**
   * @param wantsRecords whether a stream should say which tokens it contains, so that another server can continue it
   */
  send(request: Pick<UpstreamRequest, 'path' | 'headers' | 'body'>, exchange: Exchange, wantsRecords: boolean): void {
    const key = this.#key;
    const headers = {
      ...request.headers,
      // Without it, any coding would be welcome, and nothing of the answer could be read.
      'accept-encoding': 'identity',
      ...(wantsRecords && { [resumeHeader]: wantsTokenRecords }),
      ...(key !== null && { authorization: `Bearer ${key}`, 'x-api-key': key }),
    };
    const pooled: PooledRequest = {
      method: 'POST',
      path: this.#basePath + request.path,
      headers,
      body: request.body,
      onUsedConnection: () => {
        exchange.onUsedConnection();
      },
    };
    this.#pool.dispatch(pooled, exchange);
  }

  /** Breaks off whatever is under way. */
  close(): Promise<void> {
    return this.#pool.destroy();
  }
}
