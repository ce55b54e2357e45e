import { describe, expect, it } from 'vitest';
import { chooseSlot, type SlotCandidate } from '../../../../../src/core/engine/llama/slots/slots.js';

function choose(busy: readonly number[], ...free: readonly SlotCandidate[]): number {
  return chooseSlot(free, (index) => busy.includes(index));
}

const slot = (index: number, sharedPrefix = 0, lastUsed = 0): SlotCandidate => ({ index, sharedPrefix, lastUsed });

describe('chooseSlot', () => {
  it('takes the longest shared prefix', () => {
    expect(choose([], slot(0, 10), slot(1, 300), slot(2, 290))).toBe(1);
  });

  it('takes the least recently used of equal slots', () => {
    expect(choose([], slot(0, 0, 5), slot(1, 0, 3), slot(2, 0, 4))).toBe(1);
  });

  it('fills a gap between running slots, or else joins them', () => {
    expect(choose([0, 2], slot(1), slot(3), slot(4))).toBe(1);
    expect(choose([2], slot(0), slot(4), slot(3))).toBe(3);
  });

  it('gives up a few cached tokens for that, but not many', () => {
    expect(choose([0], slot(1, 0), slot(3, 32))).toBe(1);
    expect(choose([0], slot(1, 0), slot(3, 33))).toBe(3);
  });

  it('needs a free slot', () => {
    expect(() => choose([0])).toThrow(RangeError);
  });
});
