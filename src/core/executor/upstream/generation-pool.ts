import { Client, type Dispatcher, Pool } from 'undici';

/** A request to a server that generates. */
export interface PooledRequest extends Dispatcher.DispatchOptions {
  /** Called before the request is sent on a connection that has been used before. */
  readonly onUsedConnection?: () => void;
}

/**
 * Connections to a server that generates, for each {@link PooledRequest} one. The HTTP client sets no limit to how long that
 * may take.
 *
 * @param connectTimeoutMs how long connecting may take, in milliseconds
 */
export function generationPool(origin: string, connectTimeoutMs: number): Pool {
  return new Pool(origin, {
    connections: null,
    pipelining: 1,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: connectTimeoutMs },
    factory: (url, options) => new CountingClient(url, options),
  });
}

/** One connection at a time, and whether it has been used. */
class CountingClient extends Client {
  #isUsed = false;

  constructor(url: URL, options: Client.Options) {
    super(url, options);
    this.on('disconnect', () => {
      this.#isUsed = false;
    });
  }

  override dispatch(request: PooledRequest, handler: Dispatcher.DispatchHandler): boolean {
    if (this.#isUsed) request.onUsedConnection?.();
    this.#isUsed = true;
    return super.dispatch(request, handler);
  }
}
