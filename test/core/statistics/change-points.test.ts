import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/core/base/random.js';
import { changePointsOf } from '../../../src/core/statistics/change-points.js';

/** Annual flow of the Nile at Aswan, 1871 to 1970, in 10^8 m³ (G. W. Cobb, Biometrika 65, 1978). */
const nile = [
  1120, 1160, 963, 1210, 1160, 1160, 813, 1230, 1370, 1140, 995, 935, 1110, 994, 1020, 960, 1180, 799, 958, 1140, 1100,
  1210, 1150, 1250, 1260, 1220, 1030, 1100, 774, 840, 874, 694, 940, 833, 701, 916, 692, 1020, 1050, 969, 831, 726, 456,
  824, 702, 1120, 1100, 832, 764, 821, 768, 845, 864, 862, 698, 845, 744, 796, 1040, 759, 781, 865, 845, 944, 984, 897,
  822, 1010, 771, 676, 649, 846, 812, 742, 801, 1040, 860, 874, 848, 890, 744, 749, 838, 1050, 918, 986, 797, 923, 975,
  815, 1020, 906, 901, 1170, 912, 746, 919, 718, 714, 740,
];

/** Levels with a little noise around them. */
function series(...levels: readonly (readonly [count: number, level: number])[]): readonly number[] {
  const random = seededRandom(7);
  return levels.flatMap(([count, level]) => Array.from({ length: count }, () => level + 0.02 * (2 * random() - 1)));
}

function places(values: readonly number[]): readonly number[] {
  return changePointsOf(values).map(({ index }) => index);
}

describe('change points', () => {
  it('of the Nile: its flow fell in 1899, as every method finds', () => {
    expect(places(nile).map((index) => 1871 + index)).toEqual([1899]);
  });

  it('are the first values of new levels, in the order of the series', () => {
    expect(places(series([12, 0], [10, 0.3], [8, 0.1]))).toEqual([12, 22]);
  });

  it('are found with three values after the change', () => {
    expect(places(series([18, 0], [3, 0.2]))).toEqual([18]);
  });

  it.each([
    ['the end', [...series([20, 0]), 0.5]],
    ['the beginning', [0.5, ...series([20, 0])]],
    ['the middle', [...series([10, 0]), 0.5, ...series([10, 0])]],
  ])('do not include an outlier at %s', (_, values) => {
    expect(places(values)).toEqual([]);
  });

  it.each([
    ['equal values', Array.from({ length: 20 }, () => 5)],
    ['noise', series([30, 1])],
    ['three values', [1, 2, 3]],
    ['nothing', []],
  ])('do not exist in %s', (_, values) => {
    expect(places(values)).toEqual([]);
  });

  it('come with their p-values, the same each time', () => {
    const values = series([12, 0], [10, 0.3]);
    expect(changePointsOf(values)).toEqual([{ index: 12, p: 0.001 }]);
    expect(changePointsOf(nile)).toEqual(changePointsOf(nile));
  });

  it('are found in at most about 1 of 100 series without one', () => {
    const random = seededRandom(3);
    const found = Array.from({ length: 300 }, () => places(Array.from({ length: 21 }, random)).length);
    expect(found.filter((count) => count > 0).length).toBeLessThanOrEqual(9);
  });
});
