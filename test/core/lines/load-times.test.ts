import { describe, expect, it } from 'vitest';
import { LoadTimes } from '../../../src/core/lines/load-times.js';

describe('the time that a model takes to load', () => {
  it('is expected from the size of its file at first', () => {
    const times = new LoadTimes();
    expect(times.expectedMs('a', 0)).toBe(1000);
    expect(times.expectedMs('a', 1_000_000_000)).toBe(5000);
  });

  it('is that of the last time, and corrects what is expected of others', () => {
    const times = new LoadTimes();
    times.measured('a', 1_000_000_000, 2500);
    expect(times.expectedMs('a', 1_000_000_000)).toBe(2500);
    expect(times.expectedMs('b', 2_000_000_000)).toBe(4500);
    times.measured('a', 1_000_000_000, 10_000);
    expect(times.expectedMs('a', 1_000_000_000)).toBe(10_000);
    expect(times.expectedMs('b', 0)).toBe(2000);
  });
});
