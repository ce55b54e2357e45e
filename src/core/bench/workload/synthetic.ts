import { mixSeeds, seededRandom } from '../../base/random.js';
import { drawLength } from '../../measurement/lengths.js';
import { drawWords } from './words.js';
import type { SyntheticSpec, TokenScale, Workload } from './workload.js';

/** Chats of one message, made of random words, with the lengths that were asked for. */
export function syntheticWorkload(spec: SyntheticSpec): Workload {
  const { seed, inputTokens, outputTokens, sharedPrefixTokens, scale } = spec;
  const prefix = sharedPrefix(seed, sharedPrefixTokens, scale);
  return {
    conversation(run, index) {
      const lengths = seededRandom(mixSeeds(seed, index));
      const input = drawLength(inputTokens, lengths);
      const output = drawLength(outputTokens, lengths);
      const wordCount = wordsFor(input - sharedPrefixTokens, scale);
      const own = drawWords(wordCount, seededRandom(mixSeeds(seed, index, run)));
      return [{ messages: [{ role: 'user', content: prefix + own }], outputTokens: output }];
    },
  };
}

/** Words that all prompts begin with; the template before them is shared anyhow. */
export function sharedPrefix(seed: number, tokens: number, scale: TokenScale): string {
  if (tokens === 0) return '';
  return `${drawWords(wordsFor(tokens, scale), seededRandom(mixSeeds(seed, 0x5eed)))} `;
}

function wordsFor(tokens: number, { overhead, perWord }: TokenScale): number {
  return Math.max(1, Math.round((tokens - overhead) / perWord));
}
