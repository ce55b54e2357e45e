import { describe, expect, it } from 'vitest';
import { backoffMs } from '../../../console/src/api/backoff.js';

describe('attempts to connect', () => {
  it('come later and later, up to 8 s, and not all pages at once', () => {
    expect([0, 1, 2, 3, 4, 30].map((failures) => backoffMs(failures, 0.5))).toEqual([
      500, 1000, 2000, 4000, 8000, 8000,
    ]);
    expect(backoffMs(0, 0)).toBeCloseTo(400);
    expect(backoffMs(0, 1)).toBeCloseTo(600);
  });
});
