import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addCells,
  countOf,
  LatencySketch,
  sketchAccuracy,
  type SketchCells,
  sketchQuantileMs,
} from '../../../../src/core/measurement/latency/latency-sketch.js';

function sketchOf(timesUs: readonly number[]): SketchCells {
  const sketch = new LatencySketch();
  for (const us of timesUs) sketch.record(us);
  return sketch.cells;
}

const times = fc.array(fc.double({ min: 1, max: 3.6e9, noNaN: true }), { minLength: 1 });

describe('a sketch of times', () => {
  it('gives every quantile with an error of at most 2 %', () => {
    fc.assert(
      fc.property(times, fc.integer({ min: 0, max: 100 }), (samples, percent) => {
        const sorted = samples.toSorted((one, other) => one - other);
        const exactMs = (sorted[Math.max(1, Math.ceil((percent / 100) * sorted.length)) - 1] ?? 0) / 1000;
        const ms = sketchQuantileMs(sketchOf(samples), percent) ?? NaN;
        expect(Math.abs(ms - exactMs)).toBeLessThanOrEqual(exactMs * (sketchAccuracy + 1e-9));
      }),
    );
  });

  it('is the same whether its times were recorded in one sketch or in two', () => {
    fc.assert(
      fc.property(times, times, (one, other) => {
        const whole = sketchOf([...one, ...other]);
        expect(addCells([sketchOf(one), sketchOf(other)])).toEqual(whole);
        const absorbing = new LatencySketch();
        for (const us of one) absorbing.record(us);
        const absorbed = new LatencySketch();
        for (const us of other) absorbed.record(us);
        absorbing.absorb(absorbed);
        expect(absorbing.cells).toEqual(whole);
      }),
    );
  });

  it('counts times without a place at the ends', () => {
    const cells = sketchOf([-5, 0, 1, 1e12]);
    expect(countOf(cells)).toBe(4);
    expect(cells.map(([, count]) => count)).toEqual([3, 1]);
    expect(sketchQuantileMs([], 50)).toBeNull();
  });
});
