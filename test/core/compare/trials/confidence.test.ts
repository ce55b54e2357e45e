import { describe, expect, it } from 'vitest';
import { isDecided } from '../../../../src/core/compare/comparison.js';
import { parseThresholds } from '../../../../src/core/compare/threshold.js';
import { confidenceOf } from '../../../../src/core/compare/trials/confidence.js';
import { SettingTrials } from '../../../../src/core/compare/trials/setting-trials.js';
import { compare } from '../../../../src/core/compare/verdicts/compare.js';
import type { BenchResult } from '../../../../src/core/measurement/result-schema.js';
import { nominalTail } from '../../../../src/core/statistics/spending.js';
import { alternately, pair, resultOf } from '../sides.js';

function trialsOf({ runs, plan }: BenchResult, trials = runs.length): SettingTrials {
  return new SettingTrials(runs.slice(0, trials), { name: 'result', plan });
}

const fixed = resultOf(1);
const growing = resultOf(1, {}, { plan: { trials: 20, trials_least: 3 } });

describe('how sure an interval has to be', () => {
  it('is 95 % from 5 trials on', () => {
    expect(confidenceOf(trialsOf(fixed), trialsOf(fixed), 1)).toEqual({
      tail: 0.025,
      needed: { baseline: 5, candidate: 5 },
    });
  });

  it('is shared by several candidates of one baseline', () => {
    expect(confidenceOf(trialsOf(fixed), trialsOf(fixed), 3).tail).toBeCloseTo(0.025 / 3, 12);
  });

  it('is more for a measurement that was looked at after each trial', () => {
    const { tail, needed } = confidenceOf(trialsOf(growing, 4), trialsOf(growing, 4), 1);
    expect(needed).toEqual({ baseline: 3, candidate: 3 });
    expect(tail).toBeCloseTo(nominalTail(4, { least: 3, most: 20 }, 0.025), 12);
    const unequal = confidenceOf(trialsOf(growing, 3), trialsOf(growing, 5), 1);
    expect(unequal.tail).toBeCloseTo(nominalTail(5, { least: 3, most: 20 }, 0.025), 12);
    const mixed = confidenceOf(trialsOf(fixed), trialsOf(growing, 4), 1);
    expect(mixed.tail).toBeCloseTo(tail, 12);
    expect(mixed.needed).toEqual({ baseline: 5, candidate: 3 });
  });
});

describe('a growing measurement', () => {
  const thresholds = parseThresholds(['ttft.p95>10%']);
  const decided = (sides: Parameters<typeof compare>[0]): boolean =>
    isDecided(compare(sides, { thresholds, allowed: [], gatedOnly: true }));

  it('is over when every figure with a threshold has its verdict', () => {
    const [same, slower] = [resultOf(1, {}, {}, 2), resultOf(1.5, {}, {}, 3)];
    expect(decided(pair(fixed, same))).toBe(true);
    expect(decided(pair(fixed, slower))).toBe(true);
    expect(decided(pair(resultOf(1, { spread: 0.6 }), resultOf(1.1, { spread: 0.6 }, {}, 5)))).toBe(false);
  });

  it('goes on as long as there are too few samples, but not if nothing can be compared', () => {
    const few = resultOf(1, { completed: 10 });
    expect(decided(alternately(few, few))).toBe(false);
    const derived = resultOf(1, {}, { queueWaitSource: 'derived' });
    const options = { thresholds: parseThresholds(['queue_wait.p95>10%']), allowed: [] };
    expect(isDecided(compare(pair(fixed, derived), options))).toBe(true);
    const without = { thresholds: parseThresholds(['goodput<5%']), allowed: [] };
    expect(isDecided(compare(alternately(fixed, fixed), without))).toBe(true);
    const one = resultOf(1, {}, { trials: 1 });
    expect(decided(pair(one, growing))).toBe(true);
    expect(decided(pair(fixed, resultOf(1, {}, { trials: 2, plan: { trials: 20, trials_least: 3 } })))).toBe(false);
  });
});
