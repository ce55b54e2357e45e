import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Durations } from '../../../src/core/telemetry/durations.js';

describe('durations', () => {
  it('have percentiles that are off by 2.5 % at most', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0.011, max: 3_000_000, noNaN: true }), { minLength: 1 }), (values) => {
        const durations = new Durations();
        for (const value of values) durations.record(value);
        const sorted = values.toSorted((one, other) => one - other);
        const { p50, p95 } = durations.take() ?? { p50: 0, p95: 0 };
        for (const [share, found] of [
          [0.5, p50],
          [0.95, p95],
        ] as const) {
          const exact = sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
          expect(Math.abs(found / exact - 1)).toBeLessThan(0.031);
        }
      }),
    );
  });

  it('are counted as often as told', () => {
    const durations = new Durations();
    durations.record(10, 96);
    durations.record(1000, 4);
    const { p50, p95 } = durations.take() ?? { p50: 0, p95: 0 };
    expect([p50, p95].map((ms) => Math.round(ms))).toEqual([10, 10]);
  });

  it('begin anew once they are taken', () => {
    const durations = new Durations();
    durations.record(5);
    durations.take();
    expect(durations.take()).toBeNull();
  });

  it.each([-1, 0, 1e12])('may be anything: %d ms', (ms) => {
    const durations = new Durations();
    durations.record(ms);
    expect(durations.take()?.p50).toBeGreaterThan(0);
  });
});
