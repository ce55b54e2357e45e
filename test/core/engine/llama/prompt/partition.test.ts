import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Piece } from '../../../../../src/core/engine/llama/prompt/partition.js';
import type { SpecialTokens } from '../../../../../src/core/engine/llama/prompt/special-tokens.js';
import { pieces, specialTokens } from './harness.js';

const plain = (text: string) => ({ text, fromContent: null });

/** Marks the first occurrence of a part as content. */
function traced(text: string, content: string) {
  const fromContent = new Uint8Array(text.length);
  const start = text.indexOf(content);
  return { text, fromContent: fromContent.fill(1, start, start + content.length) };
}

/** llama.cpp's own algorithm, as it is written there: token after token over all that is left. */
function slowly(text: string, tokens: SpecialTokens): Piece[] {
  let found: Piece[] = text === '' ? [] : [text];
  for (const { token, text: name } of tokens.ranked) {
    found = found.flatMap((piece) =>
      typeof piece === 'number'
        ? [piece]
        : piece.split(name).flatMap((rest, index) => [...(index > 0 ? [token] : []), ...(rest === '' ? [] : [rest])]),
    );
  }
  return found;
}

describe('partition', () => {
  it('finds special tokens and leaves the text between them', async () => {
    const tokens = specialTokens({ text: '<a>' }, { text: '<b>', type: 'user_defined' });
    expect(await pieces(plain('x<a><b> y'), tokens)).toEqual(['x', 0, 1, ' y']);
    expect(await pieces(plain('<a'), tokens)).toEqual(['<a']);
    expect(await pieces(plain(''), tokens)).toEqual([]);
  });

  it('finds only user-defined tokens where control tokens do not count', async () => {
    const tokens = specialTokens({ text: '<a>' }, { text: '<b>', type: 'user_defined' });
    expect(await pieces(plain('<a><b>'), tokens, false)).toEqual(['<a>', 1]);
  });

  it('prefers long tokens anywhere to short ones before them', async () => {
    const tokens = specialTokens({ text: 'ab' }, { text: 'bcd' }, { text: 'a' });
    expect(await pieces(plain('abcd'), tokens)).toEqual([2, 1]);
  });

  it('takes what a longer token leaves of a run', async () => {
    const tokens = specialTokens({ text: '\n' }, { text: '\n\n' }, { text: '\n\n\n\n' });
    expect(await pieces(plain('\n'.repeat(11)), tokens)).toEqual([2, 2, 1, 0]);
  });

  it('drops white space beside tokens that ask for it', async () => {
    const strip = { left: true, right: true };
    const tokens = specialTokens({ text: '<a>', strips: strip }, { text: '<b>' });
    expect(await pieces(plain('x \n<a>\t <b> y'), tokens)).toEqual(['x', 0, 1, ' y']);
    expect(await pieces(plain(' <a> '), tokens)).toEqual([0]);
  });

  it('leaves a protected token plain if any of it is content', async () => {
    const tokens = specialTokens(
      { text: '<a>' },
      { text: '<think>', type: 'user_defined' },
      { text: '<|x|>', type: 'user_defined' },
    );
    expect(await pieces(traced('<a><a>', '<'), tokens)).toEqual(['<a>', 0]);
    expect(await pieces(traced('<think>', '<think>'), tokens)).toEqual([1]);
    expect(await pieces(traced('<|x|>', '|'), tokens)).toEqual(['<|x|>']);
  });

  it('gives what llama.cpp gives, for any tokens and text', async () => {
    const name = fc.string({ unit: fc.constantFrom('a', 'b', '\n', 'é', '😀'), minLength: 1, maxLength: 5 });
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '\n', 'é', '😀', 'x'), maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(name, { minLength: 1, maxLength: 8 }), text, async (chosen, given) => {
        const tokens = specialTokens(...chosen.map((own) => ({ text: own })));
        expect(await pieces(plain(given), tokens)).toEqual(slowly(given, tokens));
      }),
      { numRuns: 500 },
    );
  });
});
