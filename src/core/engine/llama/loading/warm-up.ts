import type { LlamaContextSequence } from 'node-llama-cpp';
import { libraryTokens } from '../library/library.js';

/**
 * Computes once what requests will need: a chunk of a prompt in the first slot, and a token in each of the others.
 * Leaves all of them empty.
 *
 * This is for GPUs. Their code is loaded, and for some compiled, when it is first used, and the first request would
 * have to wait for that. Also, a driver that is too old for the code only shows then: llama.cpp ends the process. This
 * should happen while the model is loaded, when another device can still be chosen.
 *
 * @param chunkTokens length of the prompt, 1 or more; shortened to what a slot holds
 */
export async function warmUp(sequences: readonly LlamaContextSequence[], chunkTokens: number): Promise<void> {
  const generators = sequences.map((sequence, index) => {
    const length = index === 0 ? Math.min(chunkTokens, sequence.contextSize - 1) : 1;
    const prompt = libraryTokens(Array.from({ length }, () => 0));
    return sequence.evaluateWithMetadata(prompt, {}, { temperature: 0, topK: 1, seed: 0, yieldEogToken: true });
  });
  try {
    await Promise.all(generators.map((generator) => generator.next()));
  } finally {
    await Promise.all(generators.map((generator) => generator.return()));
    for (const sequence of sequences) await sequence.clearHistory();
  }
}
