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

  it('keep decimals that say something', () => {
    expect(tickLabels([0, 0.5, 1], tenths)).toEqual(['0', '0.5', '1.0']);
  });

  it('leave out what would be said twice', () => {
    expect(tickLabels([0, 0.5, 1], (value) => String(Math.ceil(value)))).toEqual(['0', null, '1']);
  });
});
