import { describe, expect, it } from 'vitest';
import { LatencyHistogram } from '../../../../src/core/measurement/latency/histogram.js';
import { aggregateQueueWait, metricOf, queueWaitOf } from '../../../../src/core/measurement/latency/metric.js';
import { histogramOf, repeated } from '../../bench/result/parts.js';

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

describe('metricOf', () => {
  it('shows milliseconds, exact to the 3 digits of the histogram', () => {
    const metric = metricOf(histogramOf(...upTo(1000)));
    expect(metric).toMatchObject({ unit: 'ms', count: 1000, min: 1 });
    const exact = { mean: 500.5, stddev: 288.7, max: 1000, p50: 500, p90: 900, p95: 950, p99: 990 } as const;
    for (const [name, ms] of Object.entries(exact)) {
      const value = metric[name as keyof typeof exact] ?? 0;
      expect(Math.abs(value - ms) / ms, name).toBeLessThan(0.001);
    }
  });

  it('rounds to whole microseconds', () => {
    const metric = metricOf(histogramOf(0.1, 0.1, 0.2));
    expect(metric.mean).toBe(0.133);
  });

  it('carries a histogram from which all figures can be computed again', () => {
    const histogram = histogramOf(...upTo(300));
    const { count, p50, p95, histogram: encoded } = metricOf(histogram);
    expect(metricOf(LatencyHistogram.decode(encoded ?? ''))).toMatchObject({ count, p50, p95 });
  });

  it('is null throughout without samples', () => {
    expect(metricOf(histogramOf())).toEqual({
      ...{ unit: 'ms', count: 0, mean: null, stddev: null, min: null, max: null },
      ...{ p50: null, p90: null, p95: null, p99: null, p99_9: null, histogram: null },
    });
  });

  it('has a median of 5 samples or more, with its interval as long as there are fewer than 20', () => {
    const samples = [31, 12, 47, 23, 18, 90, 15, 66, 20];
    expect(metricOf(histogramOf(...samples.slice(0, 4)))).toMatchObject({ p50: null });
    expect(metricOf(histogramOf(...samples.slice(0, 4)))).not.toHaveProperty('p50_interval');
    expect(metricOf(histogramOf(...samples.slice(0, 5)))).toMatchObject({ p50: expect.closeTo(23, 1) as number });
    const five = metricOf(histogramOf(...samples.slice(0, 5))).p50_interval;
    expect([five?.lower, five?.upper, five?.coverage].map((value) => value?.toFixed(3))).toEqual([
      ...['12.007', '47.007', '0.938'],
    ]);
    const nine = metricOf(histogramOf(...samples)).p50_interval;
    expect([nine?.lower, nine?.upper].map((ms) => Math.round(ms ?? 0))).toEqual([15, 66]);
    expect(metricOf(histogramOf(...upTo(20)))).not.toHaveProperty('p50_interval');
  });

  it('leaves out other percentiles with fewer than 10 samples above them', () => {
    const known = (count: number): string[] => {
      const { p50, p90, p95, p99, p99_9 } = metricOf(histogramOf(...repeated(5, count)));
      return Object.entries({ p50, p90, p95, p99, p99_9 }).flatMap(([name, ms]) => (ms === null ? [] : [name]));
    };
    expect(known(4)).toEqual([]);
    expect(known(99)).toEqual(['p50']);
    expect(known(100)).toEqual(['p50', 'p90']);
    expect(known(200)).toEqual(['p50', 'p90', 'p95']);
    expect(known(1000)).toEqual(['p50', 'p90', 'p95', 'p99']);
    expect(known(10_000)).toEqual(['p50', 'p90', 'p95', 'p99', 'p99_9']);
  });
});

describe('queueWaitOf', () => {
  it('says where it comes from', () => {
    expect(queueWaitOf(metricOf(histogramOf(2)), 'derived')).toMatchObject({ source: 'derived', count: 1, mean: 2 });
  });

  it('is null instead of 0 where it is not known', () => {
    expect(queueWaitOf(metricOf(histogramOf()), 'unavailable')).toMatchObject({
      source: 'unavailable',
      mean: null,
      p50: null,
    });
  });
});

describe('aggregateQueueWait', () => {
  const counted = (below: number, above: number): ReturnType<typeof aggregateQueueWait> =>
    aggregateQueueWait({
      buckets: [
        { upToMs: 100, count: below },
        { upToMs: null, count: above },
      ],
      count: below + above,
      sumMs: (below + above) * 40,
    });

  it('has only the figures that buckets allow', () => {
    expect(counted(80, 20)).toEqual({
      ...{ unit: 'ms', source: 'aggregate', count: 100, mean: 40, stddev: null, min: null, max: null },
      ...{ p50: 62.5, p90: 100, p95: null, p99: null, p99_9: null, histogram: null },
      buckets: [
        { up_to_ms: 100, count: 80 },
        { up_to_ms: null, count: 20 },
      ],
    });
  });

  it('has no median of fewer than 20, which its buckets cannot give an interval', () => {
    expect(counted(19, 0).p50).toBeNull();
  });

  it.each([4, 20, 100, 200, 1000, 10_000])('leaves out the same percentiles of %d as a histogram does', (count) => {
    const known = ({ p50, p90, p95, p99, p99_9 }: ReturnType<typeof metricOf>): boolean[] =>
      [p50, p90, p95, p99, p99_9].map((ms) => ms !== null);
    expect(known(counted(count, 0))).toEqual(known(metricOf(histogramOf(...repeated(5, count)))));
  });

  it('has no mean where nothing was counted, or the sum is not a number', () => {
    expect(counted(0, 0).mean).toBeNull();
    expect(aggregateQueueWait({ buckets: [], count: 3, sumMs: Number.NaN }).mean).toBeNull();
  });
});
