import { describe, expect, it } from 'vitest';
import { LatencyHistogram } from '../../../src/core/measurement/histogram.js';

function of(...us: readonly number[]): LatencyHistogram {
  const histogram = new LatencyHistogram();
  for (const each of us) histogram.record(each);
  return histogram;
}

const upTo = (count: number): LatencyHistogram =>
  of(...Array.from({ length: count }, (_, index) => (index + 1) * 1000));

describe('LatencyHistogram', () => {
  it('is empty at first, and knows nothing rather than 0', () => {
    const empty = new LatencyHistogram();
    expect([empty.count, empty.meanMs, empty.stddevMs, empty.minMs, empty.maxMs, empty.percentileMs(50)]).toEqual([
      0,
      null,
      null,
      null,
      null,
      null,
    ]);
  });

  it('shows milliseconds with three digits', () => {
    const histogram = upTo(1000);
    expect(histogram.count).toBe(1000);
    expect(histogram.quantileMs(50)).toBeCloseTo(500, -0.5);
    expect(histogram.quantileMs(99)).toBeCloseTo(990, -0.5);
    expect(histogram.meanMs).toBeCloseTo(500.5, -0.5);
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
    expect([...merged.cells()].map(({ count }) => count)).toEqual([1, 1, 1]);
  });

  it('comes back from its encoding', () => {
    const histogram = upTo(500);
    const decoded = LatencyHistogram.decode(histogram.encode());
    expect([...decoded.cells()]).toEqual([...histogram.cells()]);
  });

  it('can be added to after it was decoded', () => {
    const decoded = LatencyHistogram.decode(of(10).encode());
    decoded.record(50_000_000);
    expect(decoded.count).toBe(2);
  });
});
