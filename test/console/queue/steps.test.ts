import { describe, expect, it } from 'vitest';
import { stepped } from '../../../console/src/queue/steps.js';

describe('the steps of a limit', () => {
  it.each([
    { from: 0, up: 1 },
    { from: 19, up: 20 },
    { from: 20, up: 25 },
    { from: 64, up: 65 },
    { from: 195, up: 200 },
    { from: 200, up: 250 },
    { from: 2000, up: 2500 },
  ])('from $from up to $up', ({ from, up }) => {
    expect(stepped(from, 1)).toBe(up);
  });

  it('come back the same way', () => {
    const ups = Array.from({ length: 80 }).reduce<number[]>(
      (values) => [...values, stepped(values.at(-1) ?? 0, 1)],
      [0],
    );
    const downs = ups.slice(1).map((value) => stepped(value, -1));
    expect(downs).toEqual(ups.slice(0, -1));
  });
});
