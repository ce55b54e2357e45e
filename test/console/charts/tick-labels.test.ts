import { describe, expect, it } from 'vitest';
import { tickLabels } from '../../../console/src/charts/tick-labels.js';

const tenths = (value: number): string => value.toFixed(1);

describe('the labels of an axis', () => {
  it('have no decimals where all of them are zero', () => {
    expect(tickLabels([0, 50, 100], (value) => (value < 100 ? tenths(value) : String(value)))).toEqual([
      '0',
      '50',
      '100',
    ]);
    expect(tickLabels([0, 1, 2], (value) => `${tenths(value)} GiB`)).toEqual(['0', '1 GiB', '2 GiB']);
  });

  it('have no seconds where all of them are zero, nor minutes', () => {
    const english = ['0 ms', '5 m 00 s', '10 m 00 s'];
    expect(tickLabels([0, 1, 2], (value) => english[value] ?? '')).toEqual(['0', '5 m', '10 m']);
    expect(tickLabels([1, 2], (value) => `${value} 時間 00 分`)).toEqual(['1 時間', '2 時間']);
    expect(tickLabels([1, 2], (value) => (value === 1 ? '30 s' : '1 m 00 s'))).toEqual(['30 s', '1 m']);
    const half = ['1 m 30 s', '3 m 00 s'];
    expect(tickLabels([1, 2], (value) => half[value - 1] ?? '')).toEqual(half);
  });

  it('keep decimals that say something', () => {
    expect(tickLabels([0, 0.5, 1], tenths)).toEqual(['0', '0.5', '1.0']);
  });

  it('leave out what would be said twice', () => {
    expect(tickLabels([0, 0.5, 1], (value) => String(Math.ceil(value)))).toEqual(['0', null, '1']);
  });
});
