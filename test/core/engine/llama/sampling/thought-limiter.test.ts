import { describe, expect, it } from 'vitest';
import { ThoughtLimiter } from '../../../../../src/core/engine/llama/sampling/thought-limiter.js';

/** Tokens are the code points of their text. */
const decode = (tokens: readonly number[]): string => tokens.map((token) => String.fromCodePoint(token)).join('');
const codes = (text: string): number[] => Array.from(text, (char) => char.codePointAt(0) ?? 0);

/** A token that would end the answer without one. */
const [endOfTurn] = codes('$');

function steered(drawn: string, begin: string | null, maxTokens: number): string {
  const limiter = new ThoughtLimiter(
    { begin, end: '</t>', closing: '\n</t>\n', maxTokens },
    { decode, end: codes('\n</t>\n'), isRefused: (token) => token === endOfTurn },
  );
  return decode(codes(drawn).map((token) => limiter.next(token)));
}

describe('a limit of thoughts', () => {
  it('writes the end of a thought when its tokens are used up', () => {
    expect(steered('0123456789abcdef', null, 4)).toBe('0123\n</t>\nabcdef');
    expect(steered('01234567', null, 0)).toBe('\n</t>\n67');
  });

  it('leaves a thought alone that ends in time', () => {
    expect(steered('012</t>3456789', null, 7)).toBe('012</t>3456789');
  });

  it('counts from the mark that begins a thought', () => {
    expect(steered(' <t>0123456789', '<t>', 3)).toBe(' <t>01\n</t>\n89');
  });

  it('writes the end of a thought in place of the end of an answer that is still owed', () => {
    expect(steered('01$3456789abc', null, 9)).toBe('01\n</t>\n89abc');
  });

  it('does nothing to an answer without a thought', () => {
    expect(steered('<tx 0123456789', '<t>', 2)).toBe('<tx 0123456789');
  });
});
