import { expect, it } from 'vitest';
import { compare } from '../../../../src/core/compare/compare.js';
import { parseThresholds } from '../../../../src/core/compare/threshold.js';
import type { BenchResult } from '../../../../src/core/measurement/result-schema.js';
import { conclusionOf } from '../../../../src/core/report/compare/conclusion.js';
import { alternately, pair, resultOf } from '../../compare/sides.js';

// As much slower as is allowed, which no number of trials decides.
const [before, after] = [resultOf(1), resultOf(1.1, {}, {}, 2)];

function conclusion(sides: ReturnType<typeof pair>): string {
  return conclusionOf(compare(sides, { thresholds: parseThresholds(['ttft.p50>10%']), allowed: [] })).join(' ');
}

it('an undecided comparison of two servers in turns names --duet', () => {
  expect(conclusion(alternately(before, after))).toMatch(/^Inconclusive: .* --duet decides sooner/);
});

it('others do not: it was one, or the results are of different days, or there is a verdict', () => {
  const duet = ({ plan, ...rest }: BenchResult): BenchResult => ({ ...rest, plan: { ...plan, duet: true } });
  expect(conclusion(alternately(duet(before), duet(after)))).toMatch(/^Inconclusive: (?!.*--duet)/);
  expect(conclusion(pair(before, after))).toMatch(/^Inconclusive: (?!.*--duet)/);
  expect(conclusion(alternately(before, before))).toMatch(/^Pass: (?!.*--duet)/);
});
