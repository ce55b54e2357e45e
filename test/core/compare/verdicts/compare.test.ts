import { describe, expect, it } from 'vitest';
import type { ComparedRow, Comparison } from '../../../../src/core/compare/comparison.js';
import type { Sides } from '../../../../src/core/compare/side.js';
import { parseThresholds } from '../../../../src/core/compare/threshold.js';
import { compare } from '../../../../src/core/compare/verdicts/compare.js';
import { LatencyHistogram } from '../../../../src/core/measurement/latency/histogram.js';
import { conclusionOf } from '../../../../src/core/report/compare/conclusion.js';
import { alternately, pair, resultOf } from '../sides.js';

const base = resultOf(1);
const same = resultOf(1, {}, {}, 2);
const slower = resultOf(1.3, {}, {}, 3);
const faster = resultOf(0.6, {}, {}, 4);
const strict = resultOf(1, { goodput: 2 }, { plan: { slo: ['ttft.p95<500ms'] } });
const lenient = resultOf(1, { goodput: 3 }, { plan: { slo: ['ttft.p95<1s'] } });

function gate(sides: Sides, ...failOn: string[]): Comparison {
  return compare(sides, { thresholds: parseThresholds(failOn), allowed: [] });
}

function row(comparison: Comparison, metric: string): ComparedRow {
  const found = comparison.rows.find(({ metric: { id } }) => id === metric);
  if (found === undefined) throw new Error(`no row of ${metric}`);
  return found;
}

function verdict(comparison: Comparison, metric: string): string {
  const { judgement } = row(comparison, metric);
  return judgement.type === 'gated' ? judgement.outcome.verdict : judgement.tendency;
}

describe('the gate', () => {
  it('passes the same server, measured again', () => {
    const comparison = gate(pair(base, same), 'ttft.p95>10%', 'output_tokens_per_second<5%');
    expect(comparison.verdict).toBe('pass');
    expect(conclusionOf(comparison)).toEqual(['Pass: all 2 checks are within their limits.']);
  });

  it('fails a server that is 30 % slower, and says by how much', () => {
    const comparison = gate(pair(base, slower), 'ttft.p95>10%', 'output_tokens_per_second<5%');
    expect(comparison.verdict).toBe('regression');
    expect(row(comparison, 'ttft.p95').ratio).toBeCloseTo(1.3, 1);
    expect(conclusionOf(comparison)[0]).toMatch(
      /^Regression: ttft\.p95 at 8 clients and max-concurrency 2 is 1\.\d\d times the baseline \(95 % interval 1\.\d\d–1\.\d\d\), and at most 1\.1 is allowed \(and 1 more, of 2 checks\)\.$/,
    );
  });

  it('calls a much faster server an improvement, and passes it', () => {
    const comparison = gate(pair(base, faster), 'e2e.p95>10%');
    expect(verdict(comparison, 'e2e.p95')).toBe('improvement');
    expect(comparison.verdict).toBe('pass');
  });

  it('compares figures of all trials merged', () => {
    const histograms = base.runs.flatMap(({ metrics }) => metrics.ttft.histogram ?? []);
    const merged = LatencyHistogram.merged(histograms.map((each) => LatencyHistogram.decode(each)));
    expect(row(gate(pair(base, same)), 'ttft.p95').baseline).toBe(merged.quantileMs(95));
  });

  it('judges nothing without thresholds, and shows what has changed', () => {
    const comparison = gate(pair(base, slower));
    expect(comparison.verdict).toBe('none');
    expect(verdict(comparison, 'tpot.p50')).toBe('worse');
    expect(verdict(gate(pair(base, faster)), 'output_tokens_per_second')).toBe('better');
    expect(verdict(gate(pair(base, same)), 'tpot.p50')).toBe('unclear');
    expect(conclusionOf(comparison).at(-1)).toContain('give --fail-on');
  });

  it('puts the worst first', () => {
    const comparison = gate(pair(base, slower), 'ttft.p95>10%', 'e2e.p50>90%', 'tpot.p50>90%');
    const judged = comparison.rows.map(({ metric: { id } }) => verdict(comparison, id));
    expect(judged.slice(0, 3)).toEqual(['regression', 'pass', 'pass']);
    expect(comparison.rows[0]?.metric.id).toBe('ttft.p95');
    expect(judged.indexOf('worse')).toBeGreaterThan(2);
  });
});

describe('the gate is inconclusive', () => {
  it('with fewer than 5 trials on a side, however large the difference', () => {
    const few = resultOf(3, {}, { trials: 4 });
    const comparison = gate(pair(base, few), 'ttft.p95>10%');
    expect(comparison.verdict).toBe('inconclusive');
    expect(conclusionOf(comparison)).toEqual([
      'Inconclusive: 5 trials of the baseline and 4 of the candidate, but the gate needs 5: run bench with --trials 5.',
    ]);
  });

  it('about what a saturated load generator measured', () => {
    const saturated = resultOf(1.3, { client: { cpu_share: 0.97 } });
    const comparison = gate(pair(base, saturated), 'ttft.p95>10%', 'success_rate<1%');
    expect(comparison.verdict).toBe('inconclusive');
    expect(verdict(comparison, 'success_rate')).toBe('pass');
    expect(conclusionOf(comparison)[0]).toContain('the load generator was saturated: it used 97 % of a core');
  });

  it('if the interval contains the limit, with how many trials would decide it', () => {
    const comparison = gate(pair(resultOf(1, { spread: 0.5 }), resultOf(1.1, { spread: 0.5 }, {}, 5)), 'ttft.p95>10%');
    expect(comparison.verdict).toBe('inconclusive');
    expect(conclusionOf(comparison)[0]).toMatch(
      /contains the limit: (about [\d.]+ times as many trials would|it would take more than 10 times as many trials to) decide it/,
    );
  });

  it('about a percentile with fewer than 10 samples above it', () => {
    const comparison = gate(pair(base, same), 'ttft.p99.9>10%');
    expect(conclusionOf(comparison)).toEqual([
      'Inconclusive: neither side has enough samples: a p99.9 needs 10,000 requests.',
    ]);
  });

  it('about queue waits that do not mean the same', () => {
    const derived = resultOf(1, {}, { queueWaitSource: 'derived' });
    const comparison = gate(pair(base, derived), 'queue_wait.p95>10%', 'ttft.p95>10%');
    expect(verdict(comparison, 'ttft.p95')).toBe('pass');
    expect(conclusionOf(comparison)[0]).toContain(
      'the queue wait is measured in the baseline and derived in the candidate',
    );
  });

  it('about goodputs that were counted with different objectives', () => {
    const comparison = gate(pair(strict, lenient), 'goodput<5%', 'ttft.p95>10%');
    expect(verdict(comparison, 'ttft.p95')).toBe('pass');
    expect(conclusionOf(comparison)[0]).toContain(
      'its objectives are ttft<500ms in the baseline and ttft<1000ms in the candidate',
    );
  });

  it('about tokens that were counted differently', () => {
    const chunks = resultOf(1, { outputTokensSource: 'chunks' });
    const comparison = gate(pair(base, chunks), 'output_tokens_per_second<5%');
    expect(conclusionOf(comparison)[0]).toContain('counted by usage in the baseline and by chunks in the candidate');
  });
});

describe('a figure that does not mean the same on both sides', () => {
  it('is left out with a note, and the others are compared', () => {
    const comparison = gate(pair(strict, lenient));
    expect(comparison.rows.map(({ metric: { id } }) => id)).not.toContain('goodput');
    expect(row(comparison, 'ttft.p95').ratio).not.toBeNull();
    expect(comparison.notes).toContain(
      'goodput is not compared: its objectives are ttft<500ms in the baseline and ttft<1000ms in the candidate.',
    );
  });

  it('shares its note with others that have the same reason', () => {
    const chunks = resultOf(1, { outputTokensSource: 'chunks' });
    expect(gate(pair(base, chunks)).notes[0]).toMatch(
      /^tpot\.p50, tpot\.p95 and output_tokens_per_second are not compared: output tokens were counted by usage/,
    );
  });

  it('is compared if objectives differ only in what goodput takes no account of', () => {
    const same = resultOf(1, { goodput: 2 }, { plan: { slo: ['ttft.p99<0.5s'] } });
    expect(row(gate(pair(strict, same)), 'goodput').ratio).toBeCloseTo(1, 5);
  });
});

describe('a candidate that fails', () => {
  it('entirely is a regression, even with one trial', () => {
    const dead = resultOf(1, { completed: 0, errors: { queue_full: 100 } }, { trials: 1 });
    const comparison = gate(pair(base, dead), 'ttft.p95>10%');
    expect(comparison.verdict).toBe('regression');
    expect(conclusionOf(comparison)[0]).toContain('too few requests were completed there to compute it');
  });

  it('so often that nothing is left of a figure is a regression', () => {
    const dying = resultOf(1, { completed: 5, errors: { http_500: 200 } });
    expect(gate(pair(base, dying), 'ttft.p95>10%').verdict).toBe('regression');
  });

  it('now and then is named, since its latencies are those of the others', () => {
    const failing = resultOf(1, { errors: { queue_full: 50 } }, {}, 2);
    const comparison = gate(pair(base, failing), 'ttft.p95>10%', 'success_rate<1%');
    expect(comparison.notes[0]).toContain('left 17 % of the requests without an answer (baseline 0 %)');
    expect(verdict(comparison, 'ttft.p95')).toBe('pass');
    expect(verdict(comparison, 'success_rate')).toBe('regression');
  });

  it('is not a regression if the baseline completed nothing either', () => {
    const dead = resultOf(1, { completed: 0, errors: { queue_full: 100 } });
    expect(gate(pair(dead, dead), 'ttft.p95>10%').verdict).toBe('inconclusive');
  });
});

describe('settings', () => {
  it('are matched one by one, and those of one side are named', () => {
    const two = (factor: number, other: number): ReturnType<typeof resultOf> =>
      resultOf(factor, {}, { settings: [2, other].map((maxConcurrency) => ({ maxConcurrency, completed: 40 })) });
    const comparison = gate(pair(two(1, 4), two(1, 8)));
    expect(comparison.unmatched.baseline.map((each) => each.max_concurrency)).toEqual([4]);
    expect(comparison.unmatched.candidate.map((each) => each.max_concurrency)).toEqual([8]);
    expect(new Set(comparison.rows.map(({ settings }) => settings.max_concurrency))).toEqual(new Set([2]));
  });

  it('must be the same in at least one case', () => {
    expect(() => gate(pair(base, resultOf(1, { maxConcurrency: 4 })))).toThrow(
      'Baseline and candidate have no setting in common: 8 clients and max-concurrency 2 in the baseline, 8 clients and max-concurrency 4 in the candidate.',
    );
  });
});

describe('two servers measured alternately', () => {
  it('are compared in pairs of trials, so that what drifts does not matter', () => {
    const drifting = (factor: number, seed: number): ReturnType<typeof resultOf> => {
      const parts = [1, 1.5, 0.8, 1.3, 0.9].map((drift) => resultOf(factor * drift, {}, { trials: 1 }, seed));
      const [first = base] = parts;
      return { ...first, runs: parts.flatMap(({ runs }, index) => runs.map((run) => ({ ...run, trial: index + 1 }))) };
    };
    const [before, after] = [drifting(1, 6), drifting(1.25, 7)];
    expect(gate(alternately(before, after), 'e2e.p50>10%').verdict).toBe('regression');
    expect(gate(pair(before, after), 'e2e.p50>10%').verdict).toBe('inconclusive');
  });

  it('lose the trial that was interrupted between the two', () => {
    const interrupted = { ...same, runs: same.runs.slice(0, 4) };
    const { trials } = row(gate(alternately(base, interrupted)), 'ttft.p95');
    expect(trials).toEqual({ baseline: 4, candidate: 4 });
  });

  it('need no note on the order, which others do', () => {
    expect(gate(alternately(base, same)).notes).toEqual([]);
    expect(gate(pair(base, same)).notes[0]).toContain('one after the other');
  });
});

describe('what a server only counts in buckets', () => {
  it('is compared by interpolation between them', () => {
    const [one, other] = [1, 1.5].map((factor) => resultOf(factor, {}, { queueWaitSource: 'aggregate' }));
    const comparison = gate(pair(one ?? base, other ?? base), 'queue_wait.p95>10%');
    expect(row(comparison, 'queue_wait.p95').ratio).toBeCloseTo(1.5, 5);
  });
});

describe('times too short to be noticed', () => {
  it('are the same, however many times as long', () => {
    const [short, long] = [resultOf(1, { queueWaitMs: 0.002 }), resultOf(1, { queueWaitMs: 0.02 })];
    const comparison = gate(pair(short, long), 'queue_wait.p95>10%');
    expect(row(comparison, 'queue_wait.p95')).toMatchObject({ ratio: 1, interval: { lower: 1, upper: 1 } });
    expect(row(comparison, 'queue_wait.p95').candidate).toBeLessThan(0.05);
  });
});

describe('a broken histogram', () => {
  it('is named with its file', () => {
    const broken = structuredClone(same);
    for (const run of broken.runs) run.metrics.ttft.histogram = 'HISTnonsense';
    expect(() => gate(pair(base, broken))).toThrow(/new\.json has a broken histogram of ttft/);
  });
});
