import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { momentsOf } from '../../../src/core/measurement/moments.js';
import { histogramOf } from '../bench/result/parts.js';

describe('moments of a histogram', () => {
  it('are those of the samples as far as 3 digits tell', () => {
    const { meanMs, stddevMs } = momentsOf(histogramOf(2000, 4000, 4000, 4000, 5000, 5000, 7000, 9000).encode());
    expect(meanMs / 5000).toBeCloseTo(1, 3);
    expect(stddevMs / 2000).toBeCloseTo(1, 2);
  });

  it('know no deviation among equal samples', () => {
    expect(momentsOf(histogramOf(0.7, 0.7, 0.7).encode())).toEqual({ meanMs: 0.7, stddevMs: 0 });
  });

  it("agree with HdrHistogram's own", () => {
    const samplesMs = fc.array(fc.double({ min: 0, max: 3_600_000, noNaN: true }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(samplesMs, (ms) => {
        const histogram = histogramOf(...ms);
        const { meanMs, stddevMs } = momentsOf(histogram.encode());
        expect(meanMs).toBeCloseTo(histogram.meanMs ?? NaN, 6);
        expect(stddevMs).toBeCloseTo(histogram.stddevMs ?? NaN, 6);
      }),
      // Each of HdrHistogram's own walks over all its cells takes milliseconds.
      { numRuns: 30 },
    );
  });
});
