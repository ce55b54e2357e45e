import { describe, expect, it } from 'vitest';
import { microsNow } from '../../../src/core/base/micros.js';

describe('microsNow', () => {
  it('is the clock that all processes of the machine share', () => {
    const before = Number(process.hrtime.bigint()) / 1000;
    const nowUs = microsNow();
    const after = Number(process.hrtime.bigint()) / 1000;
    // The two clocks were compared once, with an error of a fraction of a microsecond, or of a preempted reading.
    expect(nowUs).toBeGreaterThan(before - 100);
    expect(nowUs).toBeLessThan(after + 100);
  });

  it('never goes back', () => {
    const times = Array.from({ length: 1000 }, microsNow);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });
});
