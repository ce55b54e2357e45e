import { describe, expect, it } from 'vitest';
import { assembleRun } from '../../../../src/core/bench/result/assemble-run.js';
import type { Setting } from '../../../../src/core/measurement/result-schema.js';
import { type SettingSummary, summarise } from '../../../../src/core/measurement/settings/summarise.js';
import { analyseSweep, recommendationContext } from '../../../../src/core/measurement/settings/sweep.js';
import { contextOf, partOf, repeated } from '../../bench/result/parts.js';

interface Figures {
  readonly tokensPerSecond: number;
  readonly e2eMs: number;
  readonly goodput?: number;
  readonly samples?: number;
  readonly refused?: number;
}

function summaryOf(
  settings: Partial<Setting>,
  { tokensPerSecond, e2eMs, goodput, samples = 100, refused = 0 }: Figures,
): SettingSummary {
  const planned = { setting: { concurrency: 8, max_concurrency: null, rate: null, ...settings }, trial: 1 };
  const tokenSources = { usage: samples, chunks: 0 };
  const part = partOf({ completed: samples, refused, tokenSources, histograms: { e2e: repeated(e2eMs, samples) } });
  const [summary] = summarise([assembleRun([part], contextOf({ planned }))]);
  if (summary === undefined) throw new Error('There is no summary.');
  const rates = { ...summary.rates, output_tokens_per_second: tokensPerSecond, goodput: goodput ?? null };
  return { ...summary, rates };
}

/** A sweep over max-concurrency; each with tokens per second and end-to-end latency in ms. */
function sweepOf(
  ...settings: readonly (readonly [n: number, tokensPerSecond: number, e2eMs: number])[]
): SettingSummary[] {
  return settings.map(([n, tokensPerSecond, e2eMs]) => summaryOf({ max_concurrency: n }, { tokensPerSecond, e2eMs }));
}

describe('the knee', () => {
  it('is where throughput over the median latency is greatest', () => {
    // 0.25, 0.4, 0.375, 0.2 tokens/s per ms
    const summaries = sweepOf([1, 100, 400], [2, 180, 450], [4, 300, 800], [8, 320, 1600]);
    expect(analyseSweep(summaries, false).knee).toBe(2);
  });

  it('is a number of clients where these were swept', () => {
    const figures = [
      [1, { tokensPerSecond: 100, e2eMs: 100 }],
      [4, { tokensPerSecond: 300, e2eMs: 120 }],
      [8, { tokensPerSecond: 310, e2eMs: 240 }],
    ] as const;
    const byClients = (maxConcurrency: number | null): SettingSummary[] =>
      figures.map(([concurrency, each]) => summaryOf({ concurrency, max_concurrency: maxConcurrency }, each));
    expect(analyseSweep(byClients(null), false).knee).toBe(4);
    expect(analyseSweep(byClients(2), false).knee).toBe(4);
  });

  it('is a matter of settings with enough answers for a median without a mark', () => {
    const withSamples = (samples: number): SettingSummary[] =>
      [1, 2, 4].map((n) =>
        summaryOf({ max_concurrency: n }, { tokensPerSecond: 100 * n, e2eMs: 100, samples: n === 4 ? samples : 20 }),
      );
    expect(analyseSweep(withSamples(20), false)).toMatchObject({ knee: 4, recommendation: { max_concurrency: 4 } });
    // The median of 19 requests is marked in reports, and decides nothing.
    expect(analyseSweep(withSamples(19), false)).toMatchObject({ knee: 2, recommendation: { max_concurrency: 2 } });
  });

  it('is not known without answers, nor for a server left as it is in an open loop', () => {
    expect(analyseSweep([], false)).toEqual({ knee: null, usl: null, recommendation: null });
    const silent = summaryOf({ max_concurrency: 1 }, { tokensPerSecond: 0, e2eMs: 0, samples: 0 });
    expect(analyseSweep([silent], false).knee).toBeNull();
    const open = summaryOf({ concurrency: null, rate: 5 }, { tokensPerSecond: 100, e2eMs: 100 });
    expect(analyseSweep([open], false).knee).toBeNull();
  });
});

describe('the scalability law', () => {
  const law = (n: number): number => (100 * n) / (1 + 0.1 * (n - 1) + 0.01 * n * (n - 1));

  it('is fitted over max-concurrency', () => {
    const summaries = [1, 2, 4, 8].map((n) =>
      summaryOf({ max_concurrency: n }, { tokensPerSecond: law(n), e2eMs: 100 }),
    );
    expect(analyseSweep(summaries, false).usl?.lambda).toBeCloseTo(100, 6);
    expect(analyseSweep(summaries, false).usl?.peak).toBeCloseTo(Math.sqrt(90), 6);
  });

  it('is fitted over clients where only these were swept', () => {
    const summaries = [1, 2, 4, 8].map((n) => summaryOf({ concurrency: n }, { tokensPerSecond: law(n), e2eMs: 100 }));
    expect(analyseSweep(summaries, false).usl?.sigma).toBeCloseTo(0.1, 6);
  });

  it('is fitted under the greatest load alone where both were swept', () => {
    const summaries = [1, 2, 4, 8].flatMap((n) => [
      // One client keeps one slot busy, whatever the server is set to.
      summaryOf({ concurrency: 1, max_concurrency: n }, { tokensPerSecond: law(1), e2eMs: 100 }),
      summaryOf({ concurrency: 8, max_concurrency: n }, { tokensPerSecond: law(n), e2eMs: 100 }),
    ]);
    expect(analyseSweep(summaries, false).usl?.kappa).toBeCloseTo(0.01, 6);
  });

  it('leaves out settings in which nothing was answered', () => {
    const summaries = [1, 2, 4, 8].map((n) =>
      summaryOf({ max_concurrency: n }, { tokensPerSecond: n === 8 ? 0 : law(n), e2eMs: 100 }),
    );
    expect(analyseSweep(summaries, false).usl).toBeNull();
  });
});

describe('the recommendation', () => {
  it('is the knee, and says what the fastest setting would cost', () => {
    const summaries = sweepOf([1, 100, 400], [2, 180, 450], [4, 300, 900], [8, 360, 1800]);
    expect(analyseSweep(summaries, false).recommendation).toEqual({
      max_concurrency: 2,
      concurrency: 8,
      reason:
        'it has the best ratio of throughput to end-to-end latency: ' +
        '50 % of the tokens per second of max-concurrency 8 at 25 % of its median latency',
    });
  });

  it('says so if the knee is the fastest as well', () => {
    const { recommendation } = analyseSweep(sweepOf([1, 100, 400], [2, 200, 400]), false);
    expect(recommendation?.max_concurrency).toBe(2);
    expect(recommendation?.reason).toContain('both the most tokens per second and the best ratio');
  });

  it('names clients where only these were swept', () => {
    const summaries = [
      summaryOf({ concurrency: 2 }, { tokensPerSecond: 100, e2eMs: 100 }),
      summaryOf({ concurrency: 8 }, { tokensPerSecond: 200, e2eMs: 400 }),
    ];
    const { recommendation } = analyseSweep(summaries, false);
    expect(recommendation).toMatchObject({ max_concurrency: null, concurrency: 2 });
    expect(recommendation?.reason).toContain('50 % of the tokens per second of 8 clients at 25 %');
  });

  it('names both where both were swept', () => {
    const summaries = [
      summaryOf({ concurrency: 2, max_concurrency: 2 }, { tokensPerSecond: 100, e2eMs: 100 }),
      summaryOf({ concurrency: 8, max_concurrency: 4 }, { tokensPerSecond: 200, e2eMs: 400 }),
    ];
    expect(analyseSweep(summaries, false).recommendation?.reason).toContain('of 8 clients and max-concurrency 4 at');
  });

  it('is the setting with the most goodput where there are objectives', () => {
    const summaries = [
      summaryOf({ max_concurrency: 1 }, { tokensPerSecond: 100, e2eMs: 100, goodput: 2.3456 }),
      summaryOf({ max_concurrency: 2 }, { tokensPerSecond: 500, e2eMs: 100, goodput: 1 }),
    ];
    expect(analyseSweep(summaries, true).recommendation).toEqual({
      max_concurrency: 1,
      concurrency: 8,
      reason: 'it has the most goodput: 2.35 requests per second met every objective',
    });
  });

  it('writes large numbers without exponents', () => {
    const summaries = [1, 2].map((n) =>
      summaryOf({ max_concurrency: n }, { tokensPerSecond: 1e6, e2eMs: 100, goodput: 12_345 * n }),
    );
    expect(analyseSweep(summaries, true).recommendation?.reason).toContain(': 24700 requests per second');
  });

  it('is left out where no setting met the objectives', () => {
    const summaries = [1, 2].map((n) =>
      summaryOf({ max_concurrency: n }, { tokensPerSecond: 100, e2eMs: 100, goodput: 0 }),
    );
    expect(analyseSweep(summaries, true).recommendation).toBeNull();
  });

  it.each([false, true])(
    'leaves out settings at which most requests had no answer (objectives: %s)',
    (hasObjectives) => {
      const withRefused = (...refused: readonly number[]): SettingSummary[] =>
        refused.map((each, index) => {
          const n = 2 ** index;
          return summaryOf({ max_concurrency: n }, { tokensPerSecond: 100 * n, e2eMs: 100, goodput: n, refused: each });
        });
      const recommended = (...refused: readonly number[]): number | null | undefined =>
        analyseSweep(withRefused(...refused), hasObjectives).recommendation?.max_concurrency;
      expect(recommended(0, 0, 100)).toBe(4);
      expect(recommended(0, 0, 101)).toBe(2);
      expect(recommended(101, 0, 101)).toBe(2);
      expect(recommended(101, 101, 101)).toBeUndefined();
      expect(analyseSweep(withRefused(101, 0, 101), hasObjectives).knee).toBeNull();
    },
  );

  it('says so if only one setting can be judged', () => {
    const summaries = [1, 2].map((n) =>
      summaryOf({ max_concurrency: n }, { tokensPerSecond: 100, e2eMs: 100, samples: n === 1 ? 3 : 20 }),
    );
    expect(analyseSweep(summaries, false).recommendation).toEqual({
      max_concurrency: 2,
      concurrency: 8,
      reason: 'it is the only setting with enough answered requests to judge by',
    });
  });

  it('is left out where there was nothing to choose from', () => {
    expect(analyseSweep(sweepOf([1, 100, 400]), false).recommendation).toBeNull();
    const silent = [1, 2].map((n) => summaryOf({ max_concurrency: n }, { tokensPerSecond: 0, e2eMs: 0, samples: 0 }));
    expect(analyseSweep(silent, false).recommendation).toBeNull();
  });
});

describe('what a recommendation is compared with', () => {
  it('is the second best, and the edge of what was measured', () => {
    const summaries = [1, 2, 4].map((n) => summaryOf({ max_concurrency: n }, { tokensPerSecond: 100 * n, e2eMs: 100 }));
    const { recommendation } = analyseSweep(summaries, false);
    expect(recommendation?.max_concurrency).toBe(4);
    const context = recommendationContext(summaries, recommendation, false);
    expect(context?.edges).toEqual([{ key: 'max_concurrency', value: 4, edge: 'largest' }]);
    expect(context?.second?.settings.max_concurrency).toBe(2);
    expect(context?.second?.share).toBeCloseTo(0.5, 6);
    expect(recommendationContext(summaries, null, false)).toBeNull();
  });

  it('is not given for rates, which are no settings to choose from', () => {
    const summaries = [1, 2].map((rate) =>
      summaryOf({ rate, concurrency: null }, { tokensPerSecond: 100, e2eMs: 100 }),
    );
    expect(analyseSweep(summaries, true)).toEqual({ knee: null, usl: null, recommendation: null });
  });
});
