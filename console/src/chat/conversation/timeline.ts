import type { Answer } from './answer.js';

/** The stages of an answer, one after the other. `ttft` is queue wait and prefill together, as a browser sees them. */
export type StageName = 'queue' | 'prefill' | 'ttft' | 'decode';

export interface Stage {
  readonly name: StageName;
  readonly ms: number;
}

export interface Timeline {
  readonly stages: readonly Stage[];
  readonly ttftMs: number;
  /** Null with fewer than two tokens. */
  readonly tokensPerSecond: number | null;
  /** Null where only the browser measured: it does not see tokens. */
  readonly tokens: { readonly prompt: number; readonly cached: number; readonly output: number } | null;
}

/**
 * Where the time of an answer went: by the server's figures, or by those of the browser while it comes and where it was
 * stopped. Null before the first token.
 */
export function timelineOf({ timings, sentAtMs, firstAtMs, lastAtMs, pieces }: Answer): Timeline | null {
  if (timings !== null) {
    const { queueMs, prefillMs, decodeMs, promptTokens, cachedTokens, outputTokens } = timings;
    return {
      stages: [
        { name: 'queue', ms: queueMs },
        { name: 'prefill', ms: prefillMs },
        { name: 'decode', ms: decodeMs },
      ],
      ttftMs: queueMs + prefillMs,
      tokensPerSecond: rate(outputTokens, decodeMs),
      tokens: { prompt: promptTokens, cached: cachedTokens, output: outputTokens },
    };
  }
  if (firstAtMs === null || lastAtMs === null) return null;
  const ttftMs = firstAtMs - sentAtMs;
  return {
    stages: [
      { name: 'ttft', ms: ttftMs },
      { name: 'decode', ms: lastAtMs - firstAtMs },
    ],
    ttftMs,
    tokensPerSecond: rate(pieces, lastAtMs - firstAtMs),
    tokens: null,
  };
}

/** The first token belongs to the prefill: only those after it came during `ms`. */
function rate(tokens: number, ms: number): number | null {
  return tokens > 1 && ms > 0 ? ((tokens - 1) / ms) * 1000 : null;
}
