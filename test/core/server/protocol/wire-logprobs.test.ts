import { describe, expect, it } from 'vitest';
import type { PromptLogprob } from '../../../../src/core/engine/token-logprob.js';
import { promptLogprobs } from '../../../../src/core/server/protocol/wire-logprobs.js';

/** An ordinary token; null for a special one. */
function token(text: string, bytes: readonly number[] | null = [...Buffer.from(text)]): PromptLogprob {
  return { text, bytes, logprob: null, top: [] };
}

function offsets(text: string, ...tokens: readonly PromptLogprob[]): readonly number[] {
  return promptLogprobs(tokens, text).text_offset;
}

describe('the places of the tokens of a prompt', () => {
  it('are counted in characters', () => {
    expect(offsets('é🙂 b', token('é'), token('🙂'), token(' b'))).toEqual([0, 1, 2]);
  });

  it('are those of the character to which bytes belong', () => {
    const [a = 0, b = 0, ...others] = Buffer.from('🙂');
    expect(offsets('x🙂y', token('x'), token('', [a]), token('', [b]), token('', others), token('y'))).toEqual([
      0, 1, 1, 1, 2,
    ]);
  });

  it('leave out a token that the prompt does not have, and one space before it', () => {
    expect(offsets('Hi you', token('<bos>', null), token(' Hi'), token(' you'))).toEqual([0, 0, 2]);
  });

  it('count special tokens that the prompt names', () => {
    expect(offsets('<s>Hi', token('<s>', null), token('Hi'))).toEqual([0, 3]);
  });
});
