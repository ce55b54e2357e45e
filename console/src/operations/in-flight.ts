interface Counted {
  readonly status: 'running' | 'stopping' | 'completed' | 'stopped' | 'failed';
  readonly figures: { readonly in_flight: number } | null;
}

/** The figures of a load test that has ended are those of its last moments, in which requests were still under way. */
export function inFlightOf({ status, figures }: Counted): number {
  return status === 'running' || status === 'stopping' ? (figures?.in_flight ?? 0) : 0;
}
