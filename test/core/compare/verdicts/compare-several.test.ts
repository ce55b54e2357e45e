import { describe, expect, it } from 'vitest';
import { parseThresholds } from '../../../../src/core/compare/threshold.js';
import { compare } from '../../../../src/core/compare/verdicts/compare.js';
import { compareSeveral } from '../../../../src/core/compare/verdicts/compare-several.js';
import { pair, resultOf } from '../sides.js';

const baseline = { name: 'base.json', result: resultOf(1) };
const same = { name: 'same.json', result: resultOf(1, {}, {}, 2) };
const slower = { name: 'slower.json', result: resultOf(1.3, {}, {}, 3) };
const options = { thresholds: parseThresholds(['ttft.p95>10%']), allowed: [] };

describe('several candidates', () => {
  it('are each compared with the first result, and the worst verdict counts', () => {
    const { comparisons, verdict } = compareSeveral(baseline, [same, slower], options);
    expect(comparisons.map((each) => [each.candidate.name, each.verdict])).toEqual([
      ['same.json', 'pass'],
      ['slower.json', 'regression'],
    ]);
    expect(verdict).toBe('regression');
  });

  it('have wider intervals than one, as there are more chances to be wrong', () => {
    const width = ({ rows }: Pick<ReturnType<typeof compare>, 'rows'>): number => {
      const { lower, upper } = rows[0]?.interval ?? { lower: 1, upper: 1 };
      return Math.log(upper / lower);
    };
    const alone = width(compare(pair(baseline.result, slower.result), options));
    const together = width(compareSeveral(baseline, [slower, same], options).comparisons[0] ?? { rows: [] });
    // Student's quantile for 8 degrees of freedom and 1.25 % is 2.75 instead of 2.31.
    expect(together / alone).toBeCloseTo(2.75 / 2.31, 1);
  });

  it('must all be comparable', () => {
    const other = { name: 'other.json', result: resultOf(1, {}, { machine: { cpu: 'Another 1000' } }) };
    expect(() => compareSeveral(baseline, [same, other], options)).toThrow(/not comparable/);
  });
});
