import type { OutputLogprob, TokenLogprob } from '../token-logprob.js';

/** The chosen token is one of the likeliest five. */
const ranks = 5;

/**
 * Made-up probabilities, which depend on the position and the seed only: a token has the rank (position + seed) mod 5, and
 * the logarithm for rank r is -(r + 1), so that the probabilities add up to less than 1.
 *
 * @param alternatives how many of the likeliest tokens are wanted
 */
export function mockLogprob(text: string, position: number, seed: number, alternatives: number): OutputLogprob {
  const rank = (position + seed) % ranks;
  const top = Array.from({ length: alternatives }, (_, other) => rated(other === rank ? text : `#${other}`, other));
  return { ...rated(text, rank), top, written: text };
}

function rated(text: string, rank: number): TokenLogprob {
  return { text, bytes: [...Buffer.from(text)], logprob: -(rank + 1) };
}
