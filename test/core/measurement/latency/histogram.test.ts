import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { build, decodeFromCompressedBase64, encodeIntoCompressedBase64, JsHistogram } from 'hdr-histogram-js';
import { describe, expect, it } from 'vitest';
import {
  hasEnoughSamples,
  LatencyHistogram,
  samplesNeeded,
} from '../../../../src/core/measurement/latency/histogram.js';

function of(...us: readonly number[]): LatencyHistogram {
  const histogram = new LatencyHistogram();
  for (const each of us) histogram.record(each);
  return histogram;
}

const upTo = (count: number): LatencyHistogram =>
  of(...Array.from({ length: count }, (_, index) => (index + 1) * 1000));

describe('LatencyHistogram', () => {
  it('is empty at first, and has null instead of 0', () => {
    const empty = new LatencyHistogram();
    expect(empty.count).toBe(0);
    expect([empty.moments(), empty.minMs, empty.maxMs, empty.percentileMs(50)]).toEqual([null, null, null, null]);
    expect(empty.cells()).toEqual([]);
  });

  it('shows milliseconds with three digits', () => {
    const histogram = upTo(1000);
    expect(histogram.count).toBe(1000);
    expect(histogram.quantileMs(50)).toBeCloseTo(500, -0.5);
    expect(histogram.quantileMs(99)).toBeCloseTo(990, -0.5);
    expect(histogram.moments()?.meanMs).toBeCloseTo(500.5, -0.5);
    expect(histogram.minMs).toBe(1);
    expect(histogram.maxMs).toBeCloseTo(1000, -0.5);
  });

  it('leaves out percentiles with fewer than 10 samples above them', () => {
    expect(upTo(19).percentileMs(50)).toBeNull();
    expect(upTo(20).percentileMs(50)).not.toBeNull();
    expect(upTo(199).percentileMs(95)).toBeNull();
    expect(upTo(200).percentileMs(95)).not.toBeNull();
    expect(upTo(999).percentileMs(99)).toBeNull();
    expect(upTo(1000).percentileMs(99)).not.toBeNull();
  });

  it('counts negative durations as 0 and endless ones as an hour', () => {
    const histogram = of(-5, 1e12);
    expect(histogram.minMs).toBe(0);
    expect(histogram.maxMs).toBeCloseTo(3_600_000, -4);
  });

  it('merges without losing anything', () => {
    const merged = LatencyHistogram.merged([of(1000, 2000), of(3_000_000), new LatencyHistogram()]);
    expect(merged.count).toBe(3);
    expect(merged.maxMs).toBeCloseTo(3000, -1);
    expect(merged.cells().map(({ count }) => count)).toEqual([1, 1, 1]);
  });

  it('is the same after encoding and decoding', () => {
    const histogram = upTo(500);
    const decoded = LatencyHistogram.decode(histogram.encode());
    expect(decoded.cells()).toEqual(histogram.cells());
    expect(decoded.moments()).toEqual(histogram.moments());
    expect([decoded.count, decoded.minMs, decoded.maxMs]).toEqual([500, histogram.minMs, histogram.maxMs]);
  });

  it('can be added to after it was decoded', () => {
    const decoded = LatencyHistogram.decode(of(10).encode());
    decoded.record(50_000_000);
    expect(decoded.count).toBe(2);
    expect(LatencyHistogram.merged([decoded, of(3_000_000_000)]).count).toBe(3);
  });

  it('cannot be decoded from anything else', () => {
    expect(() => LatencyHistogram.decode('nonsense')).toThrow();
  });

  it('cannot be decoded from what would take much more memory', () => {
    const bomb = Buffer.concat([Buffer.from('1c84931400000000', 'hex'), deflateSync(Buffer.alloc(2 ** 21))]);
    bomb.writeInt32BE(bomb.length - 8, 4);
    expect(() => LatencyHistogram.decode(bomb.toString('base64'))).toThrow('larger than');
    const precise = build({ bitBucketSize: 64, numberOfSignificantValueDigits: 5, highestTrackableValue: 1000 });
    expect(() => LatencyHistogram.decode(encodeIntoCompressedBase64(precise))).toThrow('5 significant digits');
  });
});

/** The library's own histogram, decoded from the encoding. */
function libraryHistogramOf(histogram: LatencyHistogram): JsHistogram {
  const decoded = decodeFromCompressedBase64(histogram.encode(), 64);
  if (decoded instanceof JsHistogram) return decoded;
  throw new Error('not a histogram in JavaScript');
}

describe('the cells of a histogram', () => {
  it('are those that the library itself iterates over', () => {
    const histogram = of(...Array.from({ length: 150 }, (_, index) => (index * 7919) ** 1.5));
    const iterator = libraryHistogramOf(histogram).recordedValuesIterator;
    const expected: { readonly upToMs: number; readonly count: number }[] = [];
    iterator.reset();
    while (iterator.hasNext()) {
      const { valueIteratedTo, countAtValueIteratedTo } = iterator.next();
      expected.push({ upToMs: valueIteratedTo / 1000, count: countAtValueIteratedTo });
    }
    expect(histogram.cells()).toEqual(expected);
    expect(histogram.cells().reduce((sum, { count }) => sum + count, 0)).toBe(150);
  });
});

describe('the moments of a histogram', () => {
  it('are those of the samples as far as 3 digits tell', () => {
    const { meanMs = NaN, stddevMs = NaN } = of(...[2, 4, 4, 4, 5, 5, 7, 9].map((s) => s * 1e6)).moments() ?? {};
    expect(meanMs / 5000).toBeCloseTo(1, 3);
    expect(stddevMs / 2000).toBeCloseTo(1, 2);
  });

  it('have no deviation among equal samples', () => {
    expect(of(700, 700, 700).moments()).toEqual({ meanMs: 0.7, stddevMs: 0 });
  });

  it("agree with HdrHistogram's own", () => {
    const samplesUs = fc.array(fc.double({ min: 0, max: 3.6e9, noNaN: true }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(samplesUs, (us) => {
        const histogram = of(...us);
        const { meanMs, stddevMs } = histogram.moments() ?? {};
        const { mean, stdDeviation } = libraryHistogramOf(histogram);
        expect(meanMs).toBeCloseTo(mean / 1000, 6);
        expect(stddevMs).toBeCloseTo(stdDeviation / 1000, 6);
      }),
      // Each of HdrHistogram's own walks over all its cells takes milliseconds.
      { numRuns: 30 },
    );
  });
});

describe('the number of samples', () => {
  it.each([
    [19, 50, false],
    [20, 50, true],
    [100, 90, true],
    [999, 99, false],
    [1000, 99, true],
    [10_000, 99.9, true],
  ])('of %d is enough for the %dth percentile: %s', (count, percent, enough) => {
    expect(hasEnoughSamples(count, percent)).toBe(enough);
  });

  it.each([
    [0, 10],
    [50, 20],
    [90, 100],
    [95, 200],
    [99, 1000],
    [99.9, 10_000],
  ])('that the %dth percentile needs is %d: one fewer is not enough', (percent, needed) => {
    expect(samplesNeeded(percent)).toBe(needed);
    expect([hasEnoughSamples(needed, percent), hasEnoughSamples(needed - 1, percent)]).toEqual([true, false]);
  });
});
