import { describe, expect, it } from 'vitest';
import {
  listed,
  orUnknown,
  percentText,
  significant,
  tickText,
  timeRangeText,
  timeText,
  unitFor,
  whole,
} from '../../../src/core/measurement/numbers.js';

describe('figures', () => {
  it.each([
    [0, '0'],
    [0.0001, '<0.001'],
    [0.0123, '0.012'],
    [0.0999, '0.100'],
    [0.4567, '0.457'],
    [1, '1.00'],
    [9.996, '10.0'],
    [99.96, '100'],
    [812.4, '812'],
    [999.4, '999'],
    [999.6, '1000'],
    [1234.5, '1235'],
    [12_345, '12,345'],
    [1_234_567, '1,234,567'],
    [-0.12, '-0.120'],
  ])('of %d show 3 significant digits: %s', (value, text) => {
    expect(significant(value)).toBe(text);
  });

  it('that are not known show as a dash, never as 0', () => {
    expect(orUnknown(null, significant)).toBe('–');
    expect(orUnknown(0, significant)).toBe('0');
  });

  it('of whole things have no decimals', () => {
    expect([whole(0), whole(9999), whole(10_000)]).toEqual(['0', '9999', '10,000']);
  });
});

describe('times', () => {
  it.each([
    [0, '0 ms'],
    [0.0405, '0.041 ms'],
    [999.4, '999 ms'],
    [999.6, '1.00 s'],
    [61_000, '61.0 s'],
  ])('of %d ms show with their unit: %s', (ms, text) => {
    expect(timeText(ms)).toBe(text);
  });

  it.each([
    [0.02, '20 µs'],
    [0.5, '500 µs'],
    [1, '1 ms'],
    [200, '200 ms'],
    [1000, '1 s'],
    [100_000, '100 s'],
  ])('on an axis are short: %d ms is %s', (ms, text) => {
    expect(tickText(ms)).toBe(text);
  });

  it('of a range name a common unit once', () => {
    expect([timeRangeText(1200, 1900), timeRangeText(812, 1240), timeRangeText(5, 5)]).toEqual([
      '1.20 to 1.90 s',
      '812 ms to 1.24 s',
      '5.00 ms',
    ]);
  });

  it('that stand together share a unit', () => {
    expect(unitFor([0.2, null, 99_999]).name).toBe('ms');
    expect(unitFor([0.2, 100_000])).toEqual({ name: 's', ms: 1000 });
    expect(unitFor([null]).name).toBe('ms');
  });
});

describe('shares', () => {
  it.each([
    [0, '0 %'],
    [0.001, '<1 %'],
    [0.5, '50 %'],
    [0.9999, '>99 %'],
    [1, '100 %'],
  ])('are 0 or 100 %% only if they are: %d', (share, text) => {
    expect(percentText(share)).toBe(text);
  });
});

describe('lists', () => {
  it('read like a sentence', () => {
    expect([listed([]), listed(['a']), listed(['a', 'b']), listed(['a', 'b', 'c'])]).toEqual([
      '',
      'a',
      'a and b',
      'a, b and c',
    ]);
  });
});
