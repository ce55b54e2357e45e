import { describe, expect, it } from 'vitest';
import { MeasurementWindow } from '../../../../src/core/bench/load/load-run.js';

describe('MeasurementWindow', () => {
  it('counts what was due between the end of the warm-up and the end of the duration', () => {
    const window = new MeasurementWindow(0, 1000, 2000, null);
    expect([999_999, 1_000_000, 2_999_999, 3_000_000].map((us) => window.nextPhase(us))).toEqual([
      'warm-up',
      'counted',
      'counted',
      'over',
    ]);
  });

  it('counts a late request of a client that has none yet', () => {
    const window = new MeasurementWindow(0, 0, 1000, null);
    expect(window.nextPhase(5_000_000, true)).toBe('counted');
  });

  it('counts as many requests as planned and no more', () => {
    const window = new MeasurementWindow(0, 1000, null, 2);
    expect([0, 1e6, 1e6, 1e6].map((us) => window.nextPhase(us))).toEqual(['warm-up', 'counted', 'counted', 'over']);
    expect(window.nextPhase(1e6, true)).toBe('over');
  });

  it('is over when it was closed', () => {
    const window = new MeasurementWindow(0, 1000, 2000, null);
    window.close();
    expect(window.nextPhase(1_500_000, true)).toBe('over');
    expect(window.nextPhase(0)).toBe('over');
  });
});
