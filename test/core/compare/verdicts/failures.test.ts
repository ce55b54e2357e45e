import { describe, expect, it } from 'vitest';
import type { Comparison } from '../../../../src/core/compare/comparison.js';
import { parseThresholds } from '../../../../src/core/compare/threshold.js';
import { compare } from '../../../../src/core/compare/verdicts/compare.js';
import type { BenchResult, EndedEarly } from '../../../../src/core/measurement/result-schema.js';
import { conclusionOf } from '../../../../src/core/report/compare/conclusion.js';
import { githubAnnotations } from '../../../../src/core/report/compare/github.js';
import { comparisonSuites } from '../../../../src/core/report/compare/junit.js';
import { alternately, pair, resultOf } from '../sides.js';

const good = resultOf(1);

function gate(candidate: BenchResult, ...failOn: string[]): Comparison {
  return compare(pair(good, candidate), { thresholds: parseThresholds(failOn), allowed: [] });
}

function rowOf({ rows }: Comparison, id: string) {
  return rows.find(({ metric }) => metric.id === id);
}

describe('failures', () => {
  it('are counted, however saturated the load generator was: a dying server does not pass', () => {
    const client = { cpu_share: 0.99, event_loop_delay_ms: { p50: 5, p99: 90, max: 200 } };
    const killed = resultOf(1, { completed: 38, errors: { connection_refused: 212 }, client });
    expect(gate(killed, 'success_rate<1%').verdict).toBe('regression');
  });

  it('need no five trials', () => {
    const killed = resultOf(1, { completed: 38, errors: { connection_refused: 212 } }, { trials: 1 });
    expect(gate(killed, 'success_rate<1%').verdict).toBe('regression');
  });

  it('fail the gate without being asked for, if they are clearly more than 1 %', () => {
    const failing = resultOf(1, { completed: 250, errors: { http_500: 25 } });
    const comparison = gate(failing, 'ttft.p95>10%');
    expect(comparison.verdict).toBe('regression');
    expect(conclusionOf(comparison)[0]).toMatch(/^Regression: success_rate at .* is 0\.91 times the baseline/);
  });

  it('are shown without a verdict if they may be chance, or if nothing is judged', () => {
    const one = gate(resultOf(1, { completed: 250, errors: { http_500: 1 } }), 'ttft.p95>10%');
    expect([one.verdict, rowOf(one, 'success_rate')?.judgement.type]).toEqual(['pass', 'shown']);
    expect(gate(resultOf(1, { completed: 250, errors: { http_500: 25 } })).verdict).toBe('none');
  });

  it('have the interval of counts, which a few requests leave wide', () => {
    const few = resultOf(1, { completed: 24, errors: { http_500: 1 } }, { trials: 1 });
    const comparison = gate(few, 'success_rate<1%');
    expect(comparison.verdict).toBe('inconclusive');
    expect(rowOf(comparison, 'success_rate')?.interval?.lower).toBeLessThan(0.9);
  });

  it('are not a lost figure if there is one, and just too few samples remain', () => {
    const enough = resultOf(1, { completed: 200 }, { trials: 1 });
    const oneFewer = resultOf(1, { completed: 199, errors: { connection_reset: 1 } }, { trials: 1 });
    const comparison = compare(pair(enough, oneFewer), { thresholds: parseThresholds(['ttft.p95>10%']), allowed: [] });
    expect(comparison.verdict).toBe('inconclusive');
  });

  it('of the baseline are named, since it had a lighter load', () => {
    const failing = resultOf(1, { completed: 125, errors: { http_500: 125 } });
    const { notes } = compare(pair(failing, good), { thresholds: [], allowed: [] });
    expect(notes[0]).toContain('the baseline left 50 % of the requests without an answer');
  });

  it('are none if every request was answered, however few there were', () => {
    expect(gate(resultOf(1, { completed: 10 }, { trials: 1 }), 'success_rate<1%').verdict).toBe('pass');
  });
});

describe('a measurement that ended early', () => {
  const ended = (end: EndedEarly): BenchResult => ({ ...resultOf(1, {}, {}, 2), interrupted: true, ended_early: end });
  const stopped = { cause: 'stopped', server: null, message: 'It was stopped.' } as const;
  const lost = (server: 'candidate' | 'baseline'): EndedEarly => ({
    cause: 'target-lost',
    server,
    message: 'Nothing listens at 127.0.0.1:8001.',
  });

  it('cannot pass', () => {
    const comparison = gate(ended(stopped), 'ttft.p95>10%');
    expect(comparison.verdict).toBe('inconclusive');
    expect(conclusionOf(comparison)).toEqual(['Inconclusive: the measurement was stopped before it was complete.']);
  });

  it('is a regression if the candidate was lost', () => {
    const comparison = gate(ended(lost('candidate')), 'ttft.p95>10%');
    expect(comparison.verdict).toBe('regression');
    expect(conclusionOf(comparison)).toEqual([
      'Regression: the candidate was lost before the measurement was complete.',
    ]);
  });

  it('is inconclusive if the baseline was lost', () => {
    const sides = alternately(good, ended(lost('baseline')));
    const comparison = compare(sides, { thresholds: parseThresholds(['ttft.p95>10%']), allowed: [] });
    expect(comparison.verdict).toBe('inconclusive');
    expect(conclusionOf(comparison)[0]).toContain('the baseline was lost before the measurement was complete');
    // Compared with another result, its candidate is not to blame.
    expect(
      compare(pair(good, ended(lost('baseline'))), { thresholds: parseThresholds(['ttft.p95>10%']), allowed: [] })
        .verdict,
    ).toBe('inconclusive');
  });

  it('is in the files for CI systems, even if no figure is a regression', () => {
    const comparison = gate(ended(lost('candidate')), 'ttft.p95>10%');
    expect(githubAnnotations(comparison)).toEqual([
      expect.stringMatching(/^::error title=Performance%3A measurement incomplete::/),
    ]);
    expect(comparisonSuites(comparison)[0]?.cases[0]).toMatchObject({
      name: 'measurement is complete',
      status: 'failed',
    });
    expect(comparisonSuites(gate(ended(stopped), 'ttft.p95>10%'))[0]?.cases[0]).toMatchObject({ status: 'skipped' });
  });

  it('is found in results of older versions too', () => {
    expect(gate({ ...resultOf(1, {}, {}, 2), interrupted: true }, 'ttft.p95>10%').verdict).toBe('inconclusive');
  });
});
