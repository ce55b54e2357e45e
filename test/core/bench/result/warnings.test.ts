import { describe, expect, it } from 'vitest';
import { warningsOf } from '../../../../src/core/bench/result/assemble-result.js';
import type { SettingSummary } from '../../../../src/core/measurement/summarise.js';
import { benchResult } from '../../../support/bench-result.js';

const { result, summaries } = benchResult({ settings: [{ maxConcurrency: 1 }, { maxConcurrency: 2 }] });

/** The same summaries with answers of that many tokens. */
function answersOf(tokens: number): SettingSummary[] {
  return summaries.map((summary) => ({
    ...summary,
    rates: { ...summary.rates, output_tokens_per_second: summary.rates.requests_per_second * tokens },
  }));
}

describe('warningsOf', () => {
  it('has none for a measurement as planned', () => {
    expect(warningsOf(result.plan, summaries)).toEqual([]);
    expect(warningsOf(result.plan, [])).toEqual([]);
  });

  it('mentions answers that are too short, and why', () => {
    const plan = { ...result.plan, output_tokens: 64, ignore_eos: false };
    expect(warningsOf(plan, answersOf(60))).toEqual([]);
    expect(warningsOf(plan, answersOf(17.3))).toEqual([
      'Answers had 17 tokens on average, not 64: the server cannot be told to go on after the end of a text.',
    ]);
  });

  it('does not blame a server that was told to go on', () => {
    const plan = { ...result.plan, output_tokens: 4096, ignore_eos: true };
    const [warning] = warningsOf(plan, answersOf(1234));
    expect(warning).toMatch(/^Answers had 1200 tokens on average, not 4096: .*context/);
  });

  it('takes lengths as the plan has them, which may be text', () => {
    const plan = { ...result.plan, ignore_eos: false };
    expect(warningsOf({ ...plan, output_tokens: '64' }, answersOf(10))).toHaveLength(1);
    expect(warningsOf({ ...plan, output_tokens: '32-128' }, answersOf(10))).toEqual([]);
  });
});
