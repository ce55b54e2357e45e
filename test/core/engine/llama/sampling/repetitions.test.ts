import { describe, expect, it } from 'vitest';
import { Repetitions } from '../../../../../src/core/engine/llama/sampling/repetitions.js';
import { seededRandom } from '../../../../support/seeded-random.js';

const usual = { multiplier: 0.8, base: 1.75, allowedLength: 2, lastTokens: 64, breakers: ['\n'] };

/** Tokens are the code points of their text. */
function textOf(token: number): string {
  return String.fromCodePoint(token);
}

function tokensOf(text: string): number[] {
  return Array.from(text, (char) => char.codePointAt(0) ?? 0);
}

function penaltiesAfter(text: string, changes: Partial<typeof usual> = {}): Record<string, number> {
  const repetitions = new Repetitions({ ...usual, ...changes }, tokensOf(text), textOf);
  return Object.fromEntries([...repetitions.penalties()].map(([token, penalty]) => [textOf(token), penalty]));
}

/** What the definition says, in the most obvious way. */
function longestContinued(tokens: readonly number[], sinceBreaker: number): Map<number, number> {
  const longest = new Map<number, number>();
  for (let end = 0; end < tokens.length - 1; end++) {
    let length = 0;
    while (length <= end && tokens[end - length] === tokens[tokens.length - 1 - length]) length++;
    const next = tokens[end + 1] ?? 0;
    longest.set(next, Math.max(longest.get(next) ?? 0, Math.min(length, sinceBreaker)));
  }
  return longest;
}

describe('repetitions', () => {
  it('cost more the longer they are', () => {
    expect(penaltiesAfter('xabcd-yabcd')).toEqual({ '-': 0.8 * 1.75 ** 2 });
    expect(penaltiesAfter('abc-xbc')).toEqual({ '-': 0.8 });
    expect(penaltiesAfter('ab-xb')).toEqual({});
    expect(penaltiesAfter('ab-xb', { allowedLength: 1 })).toEqual({ '-': 0.8 });
  });

  it('count at their longest', () => {
    expect(penaltiesAfter('xbc- abc- yzbc abc')).toEqual({ '-': 0.8 * 1.75 ** 2, ' ': 0.8 });
  });

  it('are not followed beyond a breaker, and breakers cost nothing', () => {
    expect(penaltiesAfter('abc\ndef-abc\ndef')).toEqual({ '-': 0.8 * 1.75 });
    expect(penaltiesAfter('abc\nabc')).toEqual({});
    expect(penaltiesAfter('abc\nabc', { breakers: [] })).toEqual({ '\n': 0.8 * 1.75 });
    expect(penaltiesAfter('one. two. abc-one. two. abc', { breakers: ['. '] })).toEqual({ '-': 0.8 * 1.75 });
  });

  it('are looked for in the last tokens only', () => {
    expect(penaltiesAfter('abc-1234abc', { lastTokens: 10 })).toEqual({ '-': 0.8 });
    expect(penaltiesAfter('abc-1234abc', { lastTokens: 8 })).toEqual({});
  });

  it('never cost more than can be calculated with', () => {
    const text = 'a'.repeat(500);
    expect(penaltiesAfter(text, { lastTokens: 1000 })).toEqual({ a: 1e9 });
    expect(penaltiesAfter(text, { lastTokens: 1000, base: 1 })).toEqual({ a: 0.8 });
  });

  it('cost only the tokens that continue the longest ones, where there are thousands', () => {
    const filler = Array.from({ length: 3000 }, (_, index) => 0x10000 + index);
    const tokens = [...tokensOf('abcX'), ...filler, ...tokensOf('abc')];
    const all = { ...usual, allowedLength: 0, lastTokens: 10_000, breakers: [] };
    const penalties = new Repetitions(all, tokens, textOf).penalties();
    expect(penalties.size).toBe(1024);
    expect(penalties.get(tokensOf('X')[0] ?? -1)).toBe(0.8 * 1.75 ** 3);
    // Of those that continue none, the latest.
    expect(penalties.has(0x10000 + 2999)).toBe(true);
    expect(penalties.has(0x10000)).toBe(false);
  });

  it('look for breakers in each token once', () => {
    const asked: number[] = [];
    const repetitions = new Repetitions({ ...usual, allowedLength: 0 }, [], (token) => {
      asked.push(token);
      return textOf(token);
    });
    for (const token of tokensOf('abcabc')) repetitions.push(token);
    repetitions.penalties();
    const before = asked.length;
    repetitions.penalties();
    expect(asked.length).toBe(before);
  });

  it('are the same for a history as for tokens that were pushed, and as defined', () => {
    const random = seededRandom(3);
    for (let round = 0; round < 200; round++) {
      const text = Array.from({ length: 40 }, () => 'aab\n'[Math.floor(random() * 4)] ?? '').join('');
      const pushed = new Repetitions({ ...usual, lastTokens: 30 }, [], textOf);
      for (const token of tokensOf(text)) pushed.push(token);
      const whole = new Repetitions({ ...usual, lastTokens: 30 }, tokensOf(text), textOf);
      expect(whole.penalties()).toEqual(pushed.penalties());

      const sinceBreaker = text.length - 1 - text.lastIndexOf('\n');
      const expected = [...longestContinued(tokensOf(text).slice(-30), sinceBreaker)]
        .filter(([token, length]) => length >= 2 && textOf(token) !== '\n')
        .map(([token, length]) => [token, 0.8 * 1.75 ** (length - 2)] as const);
      expect(whole.penalties()).toEqual(new Map(expected));
    }
  });
});
