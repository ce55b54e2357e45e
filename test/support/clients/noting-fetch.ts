/** A `fetch` for a client, and the statuses of the responses that it got, its own retries included. */
export interface NotingFetch {
  readonly fetch: typeof fetch;
  readonly statuses: readonly number[];
}

export function notingFetch(): NotingFetch {
  const statuses: number[] = [];
  return {
    statuses,
    fetch: async (input, init) => {
      const response = await fetch(input, init);
      statuses.push(response.status);
      return response;
    },
  };
}
