import { describe, expect, it } from 'vitest';
import { parseArrival } from '../../../../src/core/bench/plan/arrival.js';
import { parseCancel } from '../../../../src/core/bench/plan/cancel.js';
import {
  dueShare,
  meanRate,
  parseRamp,
  parseStages,
  peakRate,
  totalMs,
} from '../../../../src/core/bench/plan/stages.js';

describe('stages', () => {
  it('are rates and durations, and may rise or fall', () => {
    const stages = parseStages('2@30s, 2-10@1m, 0@500ms');
    expect(stages).toEqual([
      { fromRate: 2, toRate: 2, durationMs: 30_000 },
      { fromRate: 2, toRate: 10, durationMs: 60_000 },
      { fromRate: 0, toRate: 0, durationMs: 500 },
    ]);
    expect([totalMs(stages), peakRate(stages)]).toEqual([90_500, 10]);
    expect(meanRate(stages)).toBeCloseTo((60 + 360) / 90.5);
  });

  it('say which share of the requests is due by some moment', () => {
    const stages = parseStages('0-10@10s,10@10s');
    const shares = [-1, 0, 5, 10, 20, 30].map((seconds) => dueShare(stages, seconds * 1000));
    expect(shares.map((share) => Number(share.toFixed(4)))).toEqual([0, 0, 0.0833, 0.3333, 1, 1]);
  });

  it.each(['', '2', '2@', '@30s', '2@30', '2@0s', '0@30s', '-2@30s', '2@30s,', '2@30s@1s', '2-@30s'])(
    'are not "%s"',
    (text) => {
      expect(() => parseStages(text)).toThrow('is not a list of stages');
    },
  );
});

describe('a ramp', () => {
  it('is two rates and the time between them', () => {
    expect(parseRamp('0-20/60s')).toEqual([{ fromRate: 0, toRate: 20, durationMs: 60_000 }]);
    expect(parseRamp('20-0.5/2m')).toEqual([{ fromRate: 20, toRate: 0.5, durationMs: 120_000 }]);
  });

  it.each(['', '20/60s', '0-20', '0-20/60', '0-20/0s', '5-5/10s', '0-20@60s', '0-20/60s/2s'])('is not "%s"', (text) => {
    expect(() => parseRamp(text)).toThrow('is not a ramp');
  });
});

describe('arrivals', () => {
  it('have a name, or a coefficient of variation', () => {
    expect(parseArrival('burst')).toBe('burst');
    expect(parseArrival('gamma:0.5')).toEqual({ type: 'gamma', cv: 0.5 });
  });

  it.each(['', 'gamma', 'gamma:', 'gamma:0', 'gamma:11', 'gamma:-1', 'uniform'])('are not "%s"', (text) => {
    expect(() => parseArrival(text)).toThrow('is not a way to space requests');
  });
});

describe('clients that leave', () => {
  it('are a share of all, and a time from sending', () => {
    expect(parseCancel('2.5%@300ms')).toEqual({ text: '2.5%@300ms', share: 0.025, afterMs: 300 });
  });

  it.each(['', '10%', '0%@1s', '100%@1s', '10@1s', '10%@0s', '10%@1'])('are not "%s"', (text) => {
    expect(() => parseCancel(text)).toThrow('does not say which clients leave');
  });
});
