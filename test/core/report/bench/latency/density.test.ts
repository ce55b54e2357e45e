import { describe, expect, it } from 'vitest';
import {
  commonAxis,
  densityOn,
  densityPlots,
  type LogAxis,
  positionOn,
  ticksOf,
} from '../../../../../src/core/report/bench/latency/density.js';
import { areFew, type Mass, massesOf } from '../../../../../src/core/report/bench/latency/masses.js';
import { benchResult } from '../../../../support/bench-result.js';
import { examples } from '../examples.js';

const at = (ms: number, count = 1): Mass => ({ fromMs: ms, upToMs: ms, count });
const decade: LogAxis = { fromMs: 10, toMs: 1000, openBelow: false };

describe('the common axis', () => {
  it('lies between round numbers around everything', () => {
    expect(commonAxis([at(37), at(640)], [at(22)])).toEqual({ fromMs: 20, toMs: 1000, openBelow: false });
  });

  it('begins a decade below the fastest first token, whatever did not wait', () => {
    expect(commonAxis([at(30), at(400)], [at(0), at(0.01)])).toEqual({ fromMs: 2, toMs: 500, openBelow: true });
  });

  it('has a length with one sample, also of 0', () => {
    for (const ms of [0, 1, 10, 3_600_000]) {
      const axis = commonAxis([at(ms)], []);
      expect(axis?.toMs).toBeGreaterThan(axis?.fromMs ?? Infinity);
    }
  });

  it('is not there without samples', () => {
    expect(commonAxis([], [])).toBeNull();
  });

  it('is logarithmic, and ends at its ends', () => {
    expect([1, 10, 100, 1000, 5000].map((ms) => positionOn(decade, ms))).toEqual([0, 0, 0.5, 1, 1]);
  });

  it('has decades as ticks, or finer ones if it is short', () => {
    expect(ticksOf({ fromMs: 5, toMs: 20_000, openBelow: false })).toEqual([10, 100, 1000, 10_000]);
    expect(ticksOf({ fromMs: 20, toMs: 500, openBelow: false })).toEqual([20, 50, 100, 200, 500]);
    expect(ticksOf({ fromMs: 2, toMs: 5000, openBelow: true })).toEqual([2, 10, 100, 1000]);
  });
});

describe('densities', () => {
  it('count every sample once, also those at the ends', () => {
    expect(densityOn(decade, [at(1, 3), at(10), at(99, 2), at(100, 5), at(1000, 7), at(9999)], 2)).toEqual([6, 13]);
  });

  it('spread what lies somewhere in an interval over it', () => {
    expect(densityOn(decade, [{ fromMs: 10, upToMs: 1000, count: 8 }], 4).map((count) => count.toFixed(3))).toEqual([
      '2.000',
      '2.000',
      '2.000',
      '2.000',
    ]);
  });

  it('are not made of few samples, which are shown one by one', () => {
    expect([[at(1, 19)], [at(1, 19), at(2)], [{ fromMs: 0, upToMs: 5, count: 3 }]].map(areFew)).toEqual([
      true,
      false,
      false,
    ]);
    const { result, summaries } = benchResult({ settings: [{ completed: 7, queueWaitMs: 300, spread: 1 }] });
    const [ttft = []] = densityPlots(result, summaries, { colour: false, width: 100 });
    expect(ttft[0]).toContain('TTFT  • one request  ● several');
    expect(ttft[1]).toMatch(/[•●]/);
    expect(ttft[1]).not.toMatch(/[▁▂▃▄▅▆▇█]/);
  });

  it('come from the buckets of a server that has no more', () => {
    const [summary] = examples.openLoop().summaries;
    expect(summary && massesOf(summary, 'queue_wait')).toEqual([
      { fromMs: 70, upToMs: 140, count: 600 },
      { fromMs: 140, upToMs: 280, count: 600 },
    ]);
  });

  it('are nothing where nothing was measured', () => {
    const [summary] = examples.nothing().summaries;
    expect(summary && [...massesOf(summary, 'ttft'), ...massesOf(summary, 'queue_wait')]).toEqual([]);
  });
});
