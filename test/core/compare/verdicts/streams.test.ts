import { describe, expect, it } from 'vitest';
import type { Comparison } from '../../../../src/core/compare/comparison.js';
import { parseThresholds } from '../../../../src/core/compare/threshold.js';
import { compare } from '../../../../src/core/compare/verdicts/compare.js';
import type { BenchResult, Run } from '../../../../src/core/measurement/result-schema.js';
import { conclusionOf } from '../../../../src/core/report/compare/conclusion.js';
import { alternately, resultOf } from '../sides.js';

const good = resultOf(1);
const none = { count: 0, mean: null, stddev: null, p50: null, p90: null, p95: null, p99: null, p99_9: null };

function changed(change: (run: Run) => Partial<Run>, result = resultOf(1)): BenchResult {
  return { ...result, runs: result.runs.map((run) => ({ ...run, ...change(run) })) };
}

/** Behind a proxy that buffers: its TTFT is that of whole answers, and it has no TPOT. */
const buffered = changed(({ metrics, checks, requests }) => ({
  metrics: { ...metrics, tpot: { ...metrics.tpot, ...none, histogram: null } },
  checks: { ...checks, burst_answers: requests.completed },
}));

function gate(baseline: BenchResult, candidate: BenchResult, ...failOn: string[]): Comparison {
  return compare(alternately(baseline, candidate), { thresholds: parseThresholds(failOn), allowed: [] });
}

describe('streams that mislead', () => {
  it('are named on both sides', () => {
    expect(gate(buffered, good).notes[0]).toMatch(/^Baseline: In all 1250 answers, all tokens arrived in one burst/);
    expect(gate(good, buffered).notes[0]).toMatch(/^Candidate: In all 1250 answers, all tokens arrived in one burst/);
    expect(gate(good, good).notes).toEqual([]);
    const reasoning = changed(({ checks }) => ({ checks: { ...checks, hidden_reasoning_tokens: 2500 } }));
    expect(gate(reasoning, good).notes[0]).toMatch(/^Baseline: The server counts 10\.0 reasoning tokens per answer/);
  });

  it('explain a figure that a side does not have', () => {
    const message = (baseline: BenchResult, candidate: BenchResult): string =>
      conclusionOf(gate(baseline, candidate, 'tpot.p50>10%')).join(' ');
    expect(message(good, buffered)).toBe(
      "Inconclusive: only the baseline has tpot.p50, because the candidate's answers arrived in bursts.",
    );
    expect(message(buffered, good)).toBe(
      "Inconclusive: only the candidate has tpot.p50, because the baseline's answers arrived in bursts.",
    );
    expect(message(buffered, buffered)).toBe(
      'Inconclusive: neither side has tpot.p50, because the answers arrived in bursts.',
    );
  });
});

describe('a figure that only one side has', () => {
  const withoutPrefill = changed(({ metrics }) => ({
    metrics: { ...metrics, prefill: { ...metrics.prefill, ...none, histogram: null } },
  }));

  it('is inconclusive if it is watched', () => {
    const comparison = gate(good, withoutPrefill, 'prefill.p50>10%');
    expect(comparison.verdict).toBe('inconclusive');
    expect(conclusionOf(comparison)).toEqual(['Inconclusive: only the baseline has prefill.p50.']);
  });

  it('has a note if it is not', () => {
    expect(gate(good, buffered).notes[1]).toBe(
      "tpot.p50 and tpot.p95 are not compared: only the baseline has values, because the candidate's answers arrived in bursts.",
    );
  });
});
