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

describe('a limit of thoughts that is resumed', () => {
  const end = codes('\n</t>\n');

  /** What it makes of further tokens after it has resumed with a text. */
  function resumed(text: string, drawn: string, maxTokens: number): string {
    const limit = { begin: null, end: '</t>', closing: '\n</t>\n', maxTokens };
    const limiter = new ThoughtLimiter(limit, { decode, end, isRefused: (token) => token === endOfTurn });
    for (const token of codes(text)) limiter.resume(token);
    return decode(codes(drawn).map((token) => limiter.next(token)));
  }

  it('goes on with the end that it was writing', () => {
    expect(resumed('0123\n</', '0123456', 4)).toBe('t>\n3456');
  });

  it('is over after an end that was written early, even if that had used up the tokens of the thought', () => {
    expect(resumed('01\n</t>\n', '0123', 9)).toBe('0123');
    expect(resumed('01\n</t>\n', '0123', 3)).toBe('0123');
    expect(resumed('01\n</t>\n', '0123', 2)).toBe('0123');
  });
});
