import { describe, expect, it } from 'vitest';
import type { Sweep } from '../../../../src/core/measurement/result-schema.js';
import { conclusionSentences, recommendationText } from '../../../../src/core/report/bench/conclusion.js';
import { uslThroughput } from '../../../../src/core/statistics/usl.js';
import { benchResult } from '../../../support/bench-result.js';

const usl = { lambda: 100, sigma: 0.1, kappa: 0.01, r2: 0.98765, peak: 9.49 };

function sentences(sweep: Partial<Sweep>): readonly string[] {
  const settings = [1, 2, 4, 8].map((maxConcurrency) => ({ maxConcurrency, completed: 20 }));
  const { result, summaries } = benchResult({ settings, sweep });
  return conclusionSentences(result, summaries).map((sentence) => sentence.replaceAll('\u00a0', ' '));
}

describe('the sweep in words', () => {
  it('is nothing if nothing was found', () => {
    expect(sentences({})).toEqual([]);
  });

  it('names the knee and the fitted law', () => {
    expect(sentences({ knee: 4, usl })).toEqual([
      'The knee, where the ratio of throughput to response time is highest, is at max-concurrency 4.',
      'The Universal Scalability Law fits (λ = 100 tokens/s for one request alone, contention σ = 0.1, crosstalk κ = 0.01, ' +
        'R² = 0.988): it predicts the highest throughput, 357 tokens/s, at max-concurrency 9.',
    ]);
  });

  it('promises no throughput far beyond what was measured', () => {
    expect(sentences({ usl: { ...usl, peak: 101 } })[0]).toMatch(
      /far from its peak, which would be near max-concurrency 101\.$/,
    );
    expect(sentences({ usl: { ...usl, peak: null } })[0]).toMatch(/throughput keeps growing\.$/);
  });

  it('ends in a clause that a sentence can take up', () => {
    const recommendation = { max_concurrency: 2, concurrency: 8, reason: 'it is\nbest.' };
    const settings = [{ maxConcurrency: 1 }, { maxConcurrency: 2 }];
    const { result, summaries } = benchResult({ settings, sweep: { recommendation } });
    expect(recommendationText(result, summaries)).toEqual({ setting: 'max-concurrency 2', reason: 'it is best' });
  });
});

describe('the Universal Scalability Law', () => {
  it('is linear without contention and crosstalk, and bends with them', () => {
    expect(uslThroughput({ ...usl, sigma: 0, kappa: 0 }, 8)).toBe(800);
    expect(uslThroughput(usl, 1)).toBe(100);
    expect(uslThroughput(usl, 8)).toBeCloseTo(800 / (1 + 0.7 + 0.56), 9);
  });
});
