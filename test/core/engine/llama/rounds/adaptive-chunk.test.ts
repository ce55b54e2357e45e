import { describe, expect, it } from 'vitest';
import type { Random } from '../../../../../src/core/base/random.js';
import { AdaptiveChunk } from '../../../../../src/core/engine/llama/rounds/adaptive-chunk.js';
import { p99, simulate, type SimulatedLoad, type SimulatedMachine, type Simulation } from './chunk-simulation.js';

/** Like a small model on one core: a token of a prompt takes a fifth of a round with three decodes. */
const slow: SimulatedMachine = { aloneMs: (decodes) => (decodes === 0 ? 0 : 12 + 7 * decodes), tokenMs: 7 };

/** Like a GPU: decodes cost little more than a round, and a token of a prompt next to nothing. */
const fast: SimulatedMachine = { aloneMs: (decodes) => 8 + 0.1 * decodes, tokenMs: 0.05 };

const noise = (_: number, random: Random): number => 0.85 + 0.3 * random() + (random() < 0.005 ? 4 : 0);

const load: SimulatedLoad = {
  chats: 3,
  answerTokens: 40,
  thinkMs: 100,
  promptEveryMs: 20_000,
  promptTokens: 400,
};
const quiet = { ...load, promptEveryMs: Infinity };

function compare(
  machine: SimulatedMachine,
  mostTokens: number,
  busy = load,
): Record<'without' | 'whole' | 'adapted', Simulation> & { targetMs: number } {
  const forMs = 600_000;
  const without = simulate(machine, quiet, { mostTokens, targetMs: null, forMs });
  const targetMs = 1.5 * p99(without.tpotMs);
  const whole = simulate(machine, busy, { mostTokens, targetMs: null, forMs });
  return { without, whole, adapted: simulate(machine, busy, { mostTokens, targetMs, forMs }), targetMs };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}

describe('a chunk that adapts to a target', () => {
  it.each([
    ['a slow machine', slow, 128, load],
    ['a slow machine with noise', { ...slow, slowness: noise }, 128, load],
    ['a fast machine', fast, 512, { ...load, promptTokens: 8000, promptEveryMs: 4000 }],
    [
      'a fast machine with noise',
      { ...fast, slowness: noise },
      512,
      { ...load, promptTokens: 8000, promptEveryMs: 4000 },
    ],
  ] as const)('keeps tokens in time and prompts going on %s', (_, machine, mostTokens, busy) => {
    const { without, whole, adapted } = compare(machine, mostTokens, busy);
    const usual = p99(without.tpotMs);
    expect(p99(whole.tpotMs)).toBeGreaterThan(2 * usual);
    expect(p99(adapted.tpotMs)).toBeLessThanOrEqual(1.5 * usual);
    expect(adapted.prefillTokensPerSecond).toBeGreaterThanOrEqual(0.8 * whole.prefillTokensPerSecond);
  });

  it('follows a machine that is three times slower for a while', () => {
    const slowness = (atMs: number): number => (atMs > 100_000 && atMs < 200_000 ? 3 : 1);
    const busy = { ...load, promptEveryMs: 2500 };
    const { rounds } = simulate({ ...slow, slowness }, busy, { mostTokens: 128, targetMs: 200, forMs: 300_000 });
    const beside = rounds.filter(({ decodes, prefillTokens }) => decodes === 3 && prefillTokens > 1);
    for (const [fromMs, untilMs, tokens] of [
      [50_000, 100_000, 21],
      [105_000, 200_000, 4],
      [205_000, 300_000, 21],
    ] as const) {
      const some = beside
        .filter(({ atMs }) => atMs >= fromMs && atMs < untilMs)
        .map(({ prefillTokens }) => prefillTokens);
      // (0.9 × 200 − 33) ÷ 7, and the same with times that are three times as long.
      expect(Math.abs(median(some) - tokens)).toBeLessThanOrEqual(2);
    }
  });

  it('gets over an expectation that is far too high', () => {
    const chunk = new AdaptiveChunk(128, 100);
    chunk.observe({ decodes: 3, prefillTokens: 0 }, 500);
    for (let round = 0; round < 40; round += 1) {
      chunk.prepare(3);
      chunk.observe({ decodes: 3, prefillTokens: chunk.tokens }, 30 + chunk.tokens);
    }
    expect(30 + chunk.tokens).toBeGreaterThan(80);
    expect(30 + chunk.tokens).toBeLessThanOrEqual(100);
  });

  it('lets prompts advance where no target can be met', () => {
    const chunk = new AdaptiveChunk(128, 10);
    for (let round = 0; round < 20; round += 1) {
      chunk.prepare(2);
      expect(chunk.tokens).toBe(1);
      chunk.observe({ decodes: 2, prefillTokens: 1 }, 50);
    }
  });

  it('gives prompts a whole chunk where nothing decodes', () => {
    const chunk = new AdaptiveChunk(128, 10);
    chunk.prepare(1);
    chunk.observe({ decodes: 1, prefillTokens: 2 }, 1000);
    chunk.prepare(0);
    expect(chunk.tokens).toBe(128);
    chunk.prepare(1);
    expect(chunk.takeChange()).toBe(1);
    expect(chunk.takeChange()).toBeUndefined();
  });

  it('is always whole without a target', () => {
    const chunk = new AdaptiveChunk(128, null);
    chunk.prepare(4);
    chunk.observe({ decodes: 4, prefillTokens: 128 }, 1e6);
    chunk.prepare(4);
    expect(chunk.tokens).toBe(128);
    expect(chunk.takeChange()).toBeUndefined();
  });
});
