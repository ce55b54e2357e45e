import { expect, it } from 'vitest';
import { parseThresholds } from '../../../../src/core/compare/threshold.js';
import { compare } from '../../../../src/core/compare/verdicts/compare.js';
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

it('names a setting once for several figures with the same doubt', () => {
  const thresholds = parseThresholds(['e2e.p95>10%', 'requests_per_second<10%', 'ttft.p95>10%']);
  const sides = pair(resultOf(1), resultOf(1, { outputTokens: 8 }));
  const [text] = conclusionOf(compare(sides, { thresholds, allowed: [] }));
  expect(text).toMatch(
    /^Inconclusive: e2e\.p95 and requests_per_second at \d+ clients and max-concurrency \d+: answers had/,
  );
});

it('names each reason once, with its figures and not with each of their settings', () => {
  const few = { trials: 3, settings: [1, 2].map((maxConcurrency) => ({ maxConcurrency, completed: 36 })) };
  const result = resultOf(1, {}, few);
  const thresholds = parseThresholds(['ttft.p95>10%', 'e2e.p95>10%', 'output_tokens_per_second<10%']);
  const [text] = conclusionOf(compare(pair(result, { ...result }), { thresholds, allowed: [] }));
  expect(text).toBe(
    'Inconclusive: ttft.p95 and e2e.p95 (2 settings): neither side has enough samples: a p95 needs 200 requests; ' +
      'output_tokens_per_second (2 settings): 3 trials on each side, but the gate needs 5: run bench with --trials 5.',
  );
});

it('does not call figures unchanged if there are too few trials to tell', () => {
  const [few, slower] = [1, 1.5].map((factor) => resultOf(factor, {}, { trials: 1 })) as [BenchResult, BenchResult];
  const shown = (sides: ReturnType<typeof pair>): string | undefined =>
    conclusionOf(compare(sides, { thresholds: [], allowed: [] }))[0];
  expect(shown(pair(few, slower))).toBe(
    'Nothing can be said about changes, because a single trial does not show how much figures vary by chance: run bench with --trials 5.',
  );
  expect(shown(pair(before, before))).toMatch(/^None of \d+ figures has clearly changed\.$/);
});
