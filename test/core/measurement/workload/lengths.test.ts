import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../../src/core/base/random.js';
import {
  drawLength,
  formatLengths,
  longestOf,
  parseLengths,
} from '../../../../src/core/measurement/workload/lengths.js';

describe('parseLengths', () => {
  it.each([
    ['64', { type: 'fixed', tokens: 64 }],
    [' 64 ', { type: 'fixed', tokens: 64 }],
    ['64±16', { type: 'normal', mean: 64, stddev: 16 }],
    ['64 +- 16', { type: 'normal', mean: 64, stddev: 16 }],
    ['64+/-16', { type: 'normal', mean: 64, stddev: 16 }],
    ['64±0', { type: 'fixed', tokens: 64 }],
    ['32-128', { type: 'uniform', min: 32, max: 128 }],
    ['32-32', { type: 'fixed', tokens: 32 }],
  ])('reads %s', (text, lengths) => {
    expect(parseLengths(text)).toEqual(lengths);
  });

  it.each(['', '0', '-5', 'many', '1.5', '64±', '99999999999'])('refuses "%s" and says what to write', (text) => {
    expect(() => parseLengths(text)).toThrow(expect.objectContaining({ code: 'usage' }));
    expect(() => parseLengths(text)).toThrow(/is not a number of tokens/);
  });

  it('says of a range that ends below its beginning how to turn it around', () => {
    expect(() => parseLengths('128-32')).toThrow('The range "128-32" ends below its beginning.');
    expect(() => parseLengths('128-32')).toThrow(
      expect.objectContaining({ hint: 'Write the smaller number first: 32-128.' }),
    );
    expect(() => parseLengths('1-0')).toThrow(expect.objectContaining({ hint: 'Begin it with at least 1.' }));
  });

  it.each(['64', '64±16', '32-128'])('is undone by formatLengths: %s', (text) => {
    expect(formatLengths(parseLengths(text))).toBe(text);
  });
});

describe('drawLength', () => {
  const draws = (text: string): number[] => {
    const random = seededRandom(1);
    return Array.from({ length: 20_000 }, () => drawLength(parseLengths(text), random));
  };
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

  it('gives a fixed length without touching the random numbers', () => {
    const random = (): number => {
      throw new Error('not needed');
    };
    expect(drawLength(parseLengths('64'), random)).toBe(64);
  });

  it('gives every length of a range, both ends included, equally often', () => {
    const values = draws('3-6');
    const counts = [3, 4, 5, 6].map((length) => values.filter((value) => value === length).length);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(20_000);
    for (const count of counts) expect(count / 5000).toBeCloseTo(1, 1);
  });

  it('gives normally distributed lengths with the mean and the deviation that were asked for', () => {
    const values = draws('200±20');
    const average = mean(values);
    const deviation = Math.sqrt(mean(values.map((value) => (value - average) ** 2)));
    expect(average).toBeCloseTo(200, -0.3);
    expect(deviation / 20).toBeCloseTo(1, 1);
  });

  it('never goes below 1', () => {
    expect(Math.min(...draws('2±50'))).toBe(1);
  });
});

describe('longestOf', () => {
  it.each([
    ['64', 64],
    ['32-128', 128],
    ['100±10', 130],
  ])('of %s is %i', (text, longest) => {
    expect(longestOf(parseLengths(text))).toBe(longest);
  });
});
