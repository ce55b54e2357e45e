import { describe, expect, it } from 'vitest';
import { summarise } from '../../../../../src/core/measurement/settings/summarise.js';
import { recommendationText } from '../../../../../src/core/report/bench/conclusions/conclusion.js';
import { toMarkdown } from '../../../../../src/core/report/bench/formats/markdown.js';
import { benchResult, type DescribedResult } from '../../../../support/bench-result.js';

/** Two settings with these goodputs, one for each trial; the second is recommended. */
function sweepOf(first: readonly number[], second: readonly number[]): DescribedResult {
  const recommendation = { max_concurrency: 4, concurrency: 8, reason: 'it has the most goodput' };
  const { result } = benchResult({
    settings: [{ maxConcurrency: 2 }, { maxConcurrency: 4 }].map((each) => ({ ...each, completed: 30, goodput: 1 })),
    trials: first.length,
    plan: { slo: ['ttft<500ms'] },
    sweep: { recommendation },
  });
  const goodputs = { 2: first, 4: second };
  const runs = result.runs.map((run) => {
    const values = run.settings.max_concurrency === 2 ? goodputs[2] : goodputs[4];
    return { ...run, rates: { ...run.rates, goodput: values[run.trial - 1] ?? 0 } };
  });
  return { result: { ...result, runs }, summaries: summarise(runs) };
}

const reasonOf = ({ result, summaries }: DescribedResult): string | undefined =>
  recommendationText(result, summaries)?.reason;

describe('a recommendation', () => {
  it('says so if the second best setting cannot be told apart from the best', () => {
    const close = sweepOf([9, 11, 10], [9.5, 11.5, 10.2]);
    expect(reasonOf(close)).toMatch(
      /^it has the most goodput, but max-concurrency 2 cannot be told apart from it \(95 % interval of its share: \d+ % to \d+ %\)$/,
    );
    expect(toMarkdown(close.result, close.summaries)).toContain('cannot be told apart from it');
  });

  it('says nothing of a second best setting that is clearly worse', () => {
    expect(reasonOf(sweepOf([5, 5.1, 5.05], [10, 10.1, 10.05]))).toBe('it has the most goodput');
  });

  it('says that one trial cannot tell the two apart if they are close', () => {
    expect(reasonOf(sweepOf([9.9], [10]))).toBe(
      'it has the most goodput, but whether max-concurrency 2 is worse takes more than one trial to tell (--trials)',
    );
    expect(reasonOf(sweepOf([5], [10]))).toBe('it has the most goodput');
  });
});
