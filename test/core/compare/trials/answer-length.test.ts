import { expect, it } from 'vitest';
import { type Comparison, isDecided } from '../../../../src/core/compare/comparison.js';
import { parseThresholds } from '../../../../src/core/compare/threshold.js';
import { compare } from '../../../../src/core/compare/verdicts/compare.js';
import type { BenchResult } from '../../../../src/core/measurement/result-schema.js';
import { conclusionOf } from '../../../../src/core/report/compare/conclusion.js';
import { alternately, pair, resultOf } from '../sides.js';

const whole = resultOf(1);
const cutShort = resultOf(1, { outputTokens: 8 });

function gate(candidate: BenchResult, ...failOn: string[]): Comparison {
  return compare(alternately(whole, candidate), { thresholds: parseThresholds(failOn), allowed: [] });
}

it('answers of another length are no improvement, and more trials would not make them one', () => {
  const comparison = gate(cutShort, 'e2e.p95>10%', 'requests_per_second<10%', 'output_tokens_per_second<10%');
  expect(comparison.verdict).toBe('inconclusive');
  expect(isDecided(comparison)).toBe(true);
  expect(conclusionOf(comparison)[0]).toContain(
    'answers had 64 tokens on average in the baseline and 8 in the candidate',
  );
  expect(gate(cutShort, 'tpot.p50>10%', 'ttft.p95>10%').verdict).toBe('pass');
});

it('are named without thresholds', () => {
  const { notes } = gate(cutShort);
  expect(notes[0]).toBe(
    'e2e.p95, output_tokens_per_second and requests_per_second are not compared: answers had 64 tokens on average in the baseline and 8 in the candidate.',
  );
});

it('that differ by no more than a tenth, or as --allow permits, or with many failures, are compared', () => {
  expect(gate(resultOf(1, { outputTokens: 60 }), 'e2e.p95>10%').verdict).toBe('pass');
  const planned = { ...cutShort, plan: { ...cutShort.plan, output_tokens: '8' } };
  const thresholds = parseThresholds(['e2e.p95>10%']);
  const allowed = compare(pair(whole, planned), { thresholds, allowed: ['plan.output_tokens'] });
  expect(allowed.verdict).toBe('pass');
  const failing = resultOf(1, { outputTokens: 8, errors: { http_500: 60 } });
  expect(conclusionOf(gate(failing, 'e2e.p95>10%')).join(' ')).not.toContain('tokens on average');
});

it('that differ by what chance can do between trials are compared', () => {
  const scattered = (...lengths: readonly number[]): BenchResult => ({
    ...whole,
    runs: whole.runs.map((run, index) => {
      const { requests_per_second: perSecond } = run.rates;
      const rates = { ...run.rates, output_tokens_per_second: perSecond * (lengths[index % lengths.length] ?? 0) };
      return { ...run, rates };
    }),
  });
  const conclusion = (one: BenchResult, other: BenchResult): string => {
    const thresholds = parseThresholds(['e2e.p95>10%']);
    return conclusionOf(compare(alternately(one, other), { thresholds, allowed: [] })).join(' ');
  };
  expect(conclusion(scattered(50, 64, 78, 60, 68), scattered(70, 64, 84, 76, 90))).not.toContain('tokens on average');
  expect(conclusion(scattered(63, 64, 65, 64, 64), scattered(76, 77, 78, 77, 77))).toContain('tokens on average');
});

it('prompts that the servers count differently are named', () => {
  const runs = whole.runs.map((run) => ({
    ...run,
    rates: { ...run.rates, input_tokens_per_second: 2 * (run.rates.input_tokens_per_second ?? 0) },
  }));
  expect(gate({ ...whole, runs }).notes).toContain(
    'Prompts had 64 tokens on average in the baseline and 128 in the candidate, as the servers count them.',
  );
  expect(gate(whole).notes).toEqual([]);
});
