import type { RateLimiter, Remaining } from '../../scheduler/rate-limits/rate-limiter.js';

/** All that there can be. */
export const limitHeaderNames: readonly string[] = ['limit', 'remaining', 'reset'].flatMap((what) =>
  ['requests', 'tokens'].map((unit) => `x-ratelimit-${what}-${unit}`),
);

/** OpenAI's headers about the limits of a payer, as things are now; none without limits. */
export function limitHeaders(rates: RateLimiter, payer: string): Readonly<Record<string, string>> {
  const { requests, tokens } = rates.remaining(payer);
  return { ...headersOf('requests', requests), ...headersOf('tokens', tokens) };
}

function headersOf(what: string, left: Remaining | null): Readonly<Record<string, string>> {
  if (left === null) return {};
  return {
    [`x-ratelimit-limit-${what}`]: String(left.limit),
    [`x-ratelimit-remaining-${what}`]: String(left.remaining),
    [`x-ratelimit-reset-${what}`]: `${(left.resetMs / 1000).toFixed(3)}s`,
  };
}
