import type { Token } from '../engine.js';
import type { OutputLogprob, PromptLogprob, TokenLogprob } from '../token-logprob.js';
import { detokenize } from './vocabulary.js';

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

/** The same for a prompt, whose first token has none. */
export function mockPromptLogprobs(prompt: readonly Token[], seed: number, alternatives: number): PromptLogprob[] {
  return prompt.map((token, position) => {
    const { text, bytes, logprob, top } = mockLogprob(detokenize([token]), position, seed, alternatives);
    return position === 0 ? { text, bytes, logprob: null, top: [] } : { text, bytes, logprob, top };
  });
}

function rated(text: string, rank: number): TokenLogprob {
  return { text, bytes: [...Buffer.from(text)], logprob: -(rank + 1) };
}
