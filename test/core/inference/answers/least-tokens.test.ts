import { describe, expect, it } from 'vitest';
import { leastTokens } from '../../../../src/core/inference/answers/least-tokens.js';
import type { InferenceRequest } from '../../../../src/core/inference/request.js';
import { House, ordinary } from '../house.js';

function least(changes: Partial<InferenceRequest>, room = Infinity): number {
  return leastTokens({ ...ordinary, id: 'a', maxTokens: 150, ...changes }, room);
}

describe('the fewest tokens of an answer', () => {
  it('are all that it may have if nothing can end it before', () => {
    expect(least({ ignoreEos: true })).toBe(150);
    expect(least({ ignoreEos: true }, 40)).toBe(40);
  });

  it('are those before which it may not end', () => {
    expect(least({ minTokens: 20 })).toBe(20);
    expect(least({ minTokens: 20, ignoreEos: true, stop: ['.'] })).toBe(20);
    expect(least({ minTokens: 20, ignoreEos: true, stopTokens: [7] })).toBe(20);
  });

  it('are none if it may end at any time', () => {
    expect(least({})).toBe(0);
    expect(least({ ignoreEos: true, minTokens: 20, format: { type: 'json_object' } })).toBe(0);
  });
});

it('places in the line count on the length that running and waiting requests must have', async () => {
  const house = await House.open({ maxConcurrency: 2 });
  // Answers of 4 tokens, one after the other.
  for (const id of ['first', 'second', 'third']) {
    await house.admit(id);
    await house.pass(200);
  }
  const long = { maxTokens: 150, ignoreEos: true };
  for (const id of ['a', 'b', 'c', 'd', 'e']) {
    house.submit(id, long);
    await house.pass(0);
  }
  await house.pass(150);
  const etas = house.inference.snapshot().waiting.map(({ etaMs }) => etaMs ?? 0);
  // 150 tokens take 1500 ms; a and b end in about 1370 ms, and c and d as much later as that.
  expect(etas).toHaveLength(3);
  expect(Math.min(...etas)).toBeGreaterThan(1200);
  expect(etas[2]).toBeGreaterThan(2500);
});
