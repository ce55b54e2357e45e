import { createHash } from 'node:crypto';
import type { Token } from '../engine/engine.js';

/** Tokens of a prompt that are compared at once. Shorter beginnings are not worth looking for. */
const blockTokens = 64;

/** Longer prompts are distinguished by their first 4,096 tokens. */
const mostBlocks = 64;

/**
 * Fingerprints of a prompt's beginnings, the shortest first: two prompts have one in common if they are the same up to
 * that point.
 */
export function prefixesOf(prompt: readonly Token[]): readonly string[] {
  const prefixes: string[] = [];
  const hash = createHash('sha1');
  const blocks = Math.min(mostBlocks, Math.floor(prompt.length / blockTokens));
  for (let block = 0; block < blocks; block += 1) {
    hash.update(Int32Array.from(prompt.slice(block * blockTokens, (block + 1) * blockTokens)));
    prefixes.push(hash.copy().digest('base64').slice(0, 10));
  }
  return prefixes;
}
