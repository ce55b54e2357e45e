import { expect } from 'vitest';
import type { Token } from '../../../../src/core/engine/engine.js';
import type { EngineHarness } from '../llama/engine-harness.js';

interface Question {
  readonly prompt: readonly Token[];
  readonly maxTokens: number;
}

/**
 * The answer of an engine with one slot and no cache in memory, which reads the prompt from its beginning.
 *
 * A state that was kept lies elsewhere in the context, or was computed in other pieces, so that sums are rounded differently, and a
 * tie between two tokens may be decided the other way. Where the answers part, the other token is therefore made likelier by a
 * hundredth of a logit.
 *
 * @param without the engine
 * @param cached the answer to compare it with
 */
export async function freshAnswer(
  without: EngineHarness,
  question: Question,
  cached: readonly Token[],
): Promise<readonly Token[]> {
  const ask = async (logitBias: Record<number, number>): Promise<readonly Token[]> => {
    // Nothing of it is in the slot.
    const [first = 0] = question.prompt;
    await without.runOne({ prompt: [first === 33 ? 34 : 33], maxTokens: 1 });
    const { sampling } = without.spec();
    const { started, tokens } = await without.runOne({ ...question, sampling: { ...sampling, logitBias } });
    expect(started?.cachedTokens).toBe(0);
    return tokens;
  };
  const tokens = await ask({});
  const parting = cached.find((token, index) => token !== tokens[index]);
  return parting === undefined ? tokens : await ask({ [parting]: 0.01 });
}
