/** A request of a client, and how it was answered. */
interface Exchange {
  readonly askedMs: number;
  readonly answeredMs: number;
  readonly status: number;
  /** What the server said in `Retry-After`, in seconds; NaN if it said nothing. */
  readonly retryAfter: number;
}

/** A `fetch` for a client, and the requests that it made, its own retries included. */
export interface NotingFetch {
  readonly fetch: typeof fetch;
  readonly exchanges: readonly Exchange[];
}

export function notingFetch(): NotingFetch {
  const exchanges: Exchange[] = [];
  return {
    exchanges,
    fetch: async (input, init) => {
      const askedMs = performance.now();
      const response = await fetch(input, init);
      const { status, headers } = response;
      const retryAfter = Number(headers.get('retry-after') ?? NaN);
      exchanges.push({ askedMs, answeredMs: performance.now(), status, retryAfter });
      return response;
    },
  };
}
