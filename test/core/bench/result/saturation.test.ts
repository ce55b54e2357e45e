import { describe, expect, it } from 'vitest';
import { isSaturated } from '../../../../src/core/bench/result/assemble-run.js';
import { histogramOf, repeated } from './parts.js';

const saturated = (delaysMs: readonly number[], ttftMs: number, cpuShare = 0.1): boolean =>
  isSaturated(histogramOf(...delaysMs), histogramOf(...repeated(ttftMs, 10)), cpuShare);

describe('a saturated load generator', () => {
  it.each([
    ['3 ms where 8 % of TTFT is less', 20, 2.9, false],
    ['3 ms where 8 % of TTFT is less', 20, 3.1, true],
    ['8 % of TTFT where that is more', 50, 3.8, false],
    ['8 % of TTFT where that is more', 50, 4.2, true],
    ['8 % of TTFT where that is more', 5000, 390, false],
    ['8 % of TTFT where that is more', 5000, 410, true],
  ])('notices events later than %s (TTFT %d ms, late by %d ms)', (_rule, ttftMs, lateMs, expected) => {
    expect(saturated(repeated(lateMs, 100), ttftMs)).toBe(expected);
  });

  it('is judged by the 99th percentile, not by the worst moment', () => {
    expect(saturated([...repeated(0.1, 100), 300], 50)).toBe(false);
    expect(saturated([...repeated(0.1, 97), ...repeated(300, 3)], 50)).toBe(true);
  });

  it('is judged by its delays alone if nothing was answered', () => {
    expect(isSaturated(histogramOf(...repeated(4, 100)), histogramOf(), 0)).toBe(true);
    expect(isSaturated(histogramOf(), histogramOf(), 0)).toBe(false);
  });

  it('uses more than 90 % of a core', () => {
    expect(saturated([], 50, 0.9)).toBe(false);
    expect(saturated([], 50, 0.91)).toBe(true);
  });
});
