import { describe, expect, it } from 'vitest';
import { LastChunks } from '../../../../../src/core/executor/upstream/exchange/last-chunks.js';

const mebibyte = 1024 * 1024;

/** What is left of chunks, each with the number of events that end in it. */
function leftOf(chunks: readonly (readonly [text: string, events: number])[]): string {
  const last = new LastChunks();
  for (const [text, events] of chunks) last.push(Buffer.from(text), events);
  return last.concat().toString();
}

const letters = Array.from({ length: 26 }, (_, index) => String.fromCodePoint(97 + index));

describe('the last chunks of a stream', () => {
  it('have its last eight events', () => {
    expect(leftOf(letters.map((letter) => [letter, 1]))).toBe('rstuvwxyz');
    expect(leftOf([...letters.slice(0, 4).map((letter) => [letter, 1] as const), ['ijkl', 8]])).toBe('cdijkl');
  });

  it('have them also where each is cut in many pieces', () => {
    const pieces = letters.flatMap((letter) => [
      [letter, 0] as const,
      [letter.toUpperCase(), 0] as const,
      ['.', 1] as const,
    ]);
    expect(leftOf(pieces)).toMatch(/^\.sS\.tT\.uU\.vV\.wW\.xX\.yY\.zZ\.$/);
  });

  it('are not more than 16 MiB', () => {
    const last = new LastChunks();
    for (let chunk = 0; chunk < 40; chunk += 1) last.push(Buffer.alloc(mebibyte), 0);
    expect(last.concat()).toHaveLength(16 * mebibyte);
  });
});
