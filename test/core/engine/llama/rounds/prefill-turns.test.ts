import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planRound, type RoundMember } from '../../../../../src/core/engine/llama/rounds/batching.js';
import { PrefillTurns } from '../../../../../src/core/engine/llama/rounds/prefill-turns.js';

interface Prompt {
  /** The round in which it comes. */
  readonly comes: number;
  readonly tokens: number;
}

const chunk = 128;

/** How many rounds it takes until each prompt has been read, from the one in which it comes on. */
function roundsUntilRead(prompts: readonly Prompt[], perRound = chunk): readonly number[] {
  const turns = new PrefillTurns(chunk);
  const rest = prompts.map(({ tokens }) => tokens);
  const taken = prompts.map(() => 0);
  for (let round = 0; rest.some((tokens) => tokens > 0); round += 1) {
    const running = prompts.flatMap(({ comes }, order): readonly RoundMember[] => {
      const left = rest[order] ?? 0;
      const nextChunk = Math.min(perRound, left);
      return comes > round || left === 0 ? [] : [{ order, rest: left, nextChunk, isRating: false }];
    });
    const members = planRound(running, perRound, turns);
    turns.took(running, members);
    for (const { order, nextChunk } of members) {
      rest[order] = (rest[order] ?? 0) - nextChunk;
      taken[order] = round - (prompts[order]?.comes ?? 0) + 1;
    }
  }
  return taken;
}

describe('a short prompt beside a long one', () => {
  it('is read in the next round, and costs the long one a round', () => {
    const long = { comes: 0, tokens: 3000 };
    expect(roundsUntilRead([long])).toEqual([24]);
    expect(roundsUntilRead([long, { comes: 5, tokens: 20 }])).toEqual([25, 1]);
  });

  it('is read in every other round where rounds read only a few tokens', () => {
    const [long, short] = roundsUntilRead(
      [
        { comes: 0, tokens: 3000 },
        { comes: 5, tokens: 20 },
      ],
      4,
    );
    expect(short).toBeLessThanOrEqual(10);
    expect(long).toBe(750 + 5);
  });

  it('goes first if both come at the same time, and short ones keep their order', () => {
    const prompts = [3000, 100, 100, 20].map((tokens) => ({ comes: 0, tokens }));
    expect(roundsUntilRead(prompts)).toEqual([26, 1, 3, 3]);
  });

  it('never makes the first one wait for two rounds in a row, however many come', () => {
    const flood = Array.from({ length: 200 }, (_, index) => ({ comes: Math.floor(index / 4), tokens: 60 }));
    expect(roundsUntilRead([{ comes: 0, tokens: 3000 }, ...flood])[0]).toBeLessThanOrEqual(48);
  });
});

it('among prompts that come in any order, the first takes at most twice as many rounds as alone', () => {
  const prompt = fc.record({ comes: fc.nat({ max: 20 }), tokens: fc.integer({ min: 1, max: 2000 }) });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3000 }), fc.array(prompt, { maxLength: 12 }), (tokens, others) => {
      const sorted = others.toSorted((a, b) => a.comes - b.comes);
      const [first = 0] = roundsUntilRead([{ comes: 0, tokens }, ...sorted]);
      expect(first).toBeLessThanOrEqual(2 * Math.ceil(tokens / chunk));
    }),
  );
});

it('long prompts are read in the order in which they came', () => {
  const prompts = [3000, 2000, 1000].map((tokens) => ({ comes: 0, tokens }));
  expect(roundsUntilRead(prompts)).toEqual([24, 40, 48]);
});
