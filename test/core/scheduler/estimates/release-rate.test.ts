import { beforeEach, describe, expect, it } from 'vitest';
import { ReleaseRate } from '../../../../src/core/scheduler/estimates/release-rate.js';

describe('the release rate', () => {
  let rate: ReleaseRate;

  beforeEach(() => {
    rate = new ReleaseRate();
  });

  const releaseAt = (...times: number[]): void => {
    for (const time of times) rate.release(time);
  };

  describe('before the first release', () => {
    it('is unknown', () => {
      rate.busy(0);
      expect(rate.perSecond(10_000)).toBeNull();
    });

    it('expects each release to take as long as there has been none', () => {
      rate.busy(1000);
      expect(rate.expectedMs(3, 1400)).toBe(1200);
    });

    it('expects nothing while nothing has run', () => {
      expect(rate.expectedMs(5, 99_000)).toBe(0);
    });
  });

  it('is the number of releases over the time since work began', () => {
    rate.busy(1000);
    releaseAt(1500, 2000, 3000);
    expect(rate.perSecond(3000)).toBeCloseTo(1.5, 12);
  });

  it('tells when a number of further releases can be expected', () => {
    rate.busy(0);
    releaseAt(500, 1000);
    expect(rate.expectedMs(1, 1000)).toBe(500);
    expect(rate.expectedMs(7, 1000)).toBe(3500);
  });

  it('expects whole seconds where the division has no remainder, so that rounding up adds none', () => {
    rate.busy(0);
    releaseAt(10_000, 20_000, 33_000);
    expect(rate.expectedMs(1, 33_000)).toBe(11_000);
  });

  it('does not count the time in which nothing ran', () => {
    rate.busy(0);
    releaseAt(1000);
    rate.idle(1000);
    rate.busy(3_601_000);
    releaseAt(3_602_000);
    expect(rate.perSecond(3_602_000)).toBe(1);
  });

  it('stays the same while nothing runs', () => {
    rate.busy(0);
    releaseAt(500);
    rate.idle(500);
    expect(rate.perSecond(500)).toBe(2);
    expect(rate.perSecond(1_000_000)).toBe(2);
  });

  it('does not count time twice when it is told again that a job runs', () => {
    rate.busy(0);
    rate.busy(600);
    releaseAt(1000);
    expect(rate.perSecond(1000)).toBe(1);
  });

  it('falls while an engine stalls, before its next release', () => {
    rate.busy(0);
    releaseAt(1000, 2000);
    expect(rate.perSecond(2000)).toBe(1);
    expect(rate.perSecond(4000)).toBe(0.5);
    expect(rate.expectedMs(2, 20_000)).toBe(20_000);
  });

  it('looks at the last 64 releases only', () => {
    rate.busy(0);
    // One in 10 s, then 64 at one every 100 ms.
    releaseAt(10_000);
    for (let count = 1; count <= 64; count += 1) releaseAt(10_000 + count * 100);
    expect(rate.perSecond(16_400)).toBe(10);
  });

  it('still looks back to the beginning at the 64th release', () => {
    rate.busy(0);
    for (let count = 1; count <= 64; count += 1) releaseAt(count * 250);
    expect(rate.perSecond(16_000)).toBe(4);
  });

  it('adapts within 64 releases when the pace changes', () => {
    rate.busy(0);
    for (let count = 1; count <= 200; count += 1) releaseAt(count * 10);
    for (let count = 1; count <= 32; count += 1) releaseAt(2000 + count * 1000);
    // 32 at 10 ms and 32 at 1 s.
    expect(rate.perSecond(34_000)).toBeCloseTo(64 / (0.32 + 32), 12);
  });

  it('keeps the window in busy time when there was a pause within it', () => {
    rate.busy(0);
    for (let count = 1; count <= 64; count += 1) releaseAt(count * 100);
    rate.idle(6400);
    rate.busy(100_000);
    for (let count = 1; count <= 64; count += 1) releaseAt(100_000 + count * 50);
    expect(rate.perSecond(103_200)).toBe(20);
  });

  it('is finite when releases happen at the moment when work begins', () => {
    rate.busy(5);
    releaseAt(5, 5);
    expect(rate.perSecond(5)).toBe(2000);
  });
});
