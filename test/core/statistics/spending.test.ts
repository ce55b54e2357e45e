import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/core/base/random.js';
import { normalQuantileOfTail } from '../../../src/core/statistics/normal.js';
import { nominalTail } from '../../../src/core/statistics/spending.js';

const looks = { least: 3, most: 20 };

describe('the nominal error of a look', () => {
  it('is the whole error if there is only one', () => {
    expect(nominalTail(20, { least: 20, most: 20 }, 0.025)).toBeCloseTo(0.025, 6);
  });

  it('is its share of the error at the first look', () => {
    expect(nominalTail(3, looks, 0.025)).toBeCloseTo((0.025 * 3) / 20, 6);
  });

  it('allows nothing to be decided earlier, and nothing more at the end', () => {
    expect(nominalTail(2, looks, 0.025)).toBe(nominalTail(3, looks, 0.025));
    expect(nominalTail(25, looks, 0.025)).toBe(nominalTail(20, looks, 0.025));
  });

  it('is never crossed more often than planned by a random walk that is looked at after each trial', () => {
    const limits = Array.from({ length: 21 }, (_, trials) => normalQuantileOfTail(nominalTail(trials, looks, 0.025)));
    const random = seededRandom(1);
    const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    let crossed = 0;
    const walks = 40_000;
    for (let walk = 0; walk < walks; walk += 1) {
      let sum = 0;
      for (let trials = 1; trials <= looks.most; trials += 1) {
        sum += normal();
        if (trials >= looks.least && sum / Math.sqrt(trials) > (limits[trials] ?? 0)) {
          crossed += 1;
          break;
        }
      }
    }
    // The standard error of the share is 0.0008.
    expect(crossed / walks).toBeGreaterThan(0.0225);
    expect(crossed / walks).toBeLessThan(0.0275);
  });

  it('grows with the trials, so that later looks decide more easily', () => {
    const tails = Array.from({ length: 15 }, (_, index) => nominalTail(5 + index, looks, 0.025));
    expect(tails.toSorted((a, b) => a - b)).toEqual(tails);
    expect(tails.at(-1)).toBeLessThan(0.025);
  });

  it('changes little with many more looks', () => {
    expect(nominalTail(200, { least: 3, most: 200 }, 0.025)).toBeCloseTo(0.0063, 3);
  });
});
