import { describe, expect, it } from 'vitest';
import { allMetrics, type ComparedMetric } from '../../../../src/core/compare/compared-metric.js';
import { isDecided } from '../../../../src/core/compare/comparison.js';
import type { Sides } from '../../../../src/core/compare/side.js';
import { parseThresholds } from '../../../../src/core/compare/threshold.js';
import { ClientError, widened } from '../../../../src/core/compare/trials/client-error.js';
import { compare } from '../../../../src/core/compare/verdicts/compare.js';
import type { BenchResult, ClientHealth } from '../../../../src/core/measurement/result-schema.js';
import { conclusionOf } from '../../../../src/core/report/compare/conclusion.js';
import { alternately, pair, resultOf } from '../sides.js';

function metric(id: string): ComparedMetric {
  const found = allMetrics.find((each) => each.id === id);
  if (found === undefined) throw new Error(`no ${id}`);
  return found;
}

/** Half of all events noticed at once, the others 20 ms late. */
const late: Partial<ClientHealth> = { event_loop_delay_ms: { p50: 0, p99: 20, max: 20 } };
const runs = resultOf(1, { client: late }).runs;
const meanMs = 0.5 * 0 + 0.49 * 20 + 0.01 * 20;

describe("the load generator's part of a figure", () => {
  const error = new ClientError(runs, []);

  it.each([
    ['ttft.p50', 100, meanMs],
    ['ttft.p95', 100, 20],
    ['e2e.p99', 100, 20],
    ['tpot.p50', 100, meanMs / 63],
    ['queue_wait.p95', 100, 0],
    ['prefill.p95', 100, 0],
    ['client_wait.p95', 100, 0],
  ])('%s of %d ms may be %d ms too long', (id, value, addedMs) => {
    expect(error.of(metric(id), value)).toBeCloseTo(Math.log(value / (value - addedMs)), 2);
  });

  it('is never all of it', () => {
    expect(error.of(metric('ttft.p95'), 10)).toBeCloseTo(Math.log(20), 9);
  });

  it('is that of a queue wait that is computed from TTFT', () => {
    const derived = resultOf(1, { client: late }, { queueWaitSource: 'derived' });
    expect(new ClientError(derived.runs, []).of(metric('queue_wait.p95'), 100)).toBeGreaterThan(0);
  });

  it('makes a closed loop send less, but not a schedule', () => {
    const rate = metric('output_tokens_per_second');
    const e2eMs = runs[0]?.metrics.e2e.mean ?? NaN;
    expect(error.of(rate, 50)).toBeCloseTo(Math.log1p(meanMs / e2eMs), 3);
    const open = resultOf(1, { client: late, rate: 5 });
    expect(new ClientError(open.runs, []).of(rate, 50)).toBe(0);
  });
});

describe('goodput', () => {
  const goodput = metric('goodput');
  const open = resultOf(1, { client: late, rate: 5 });
  const medianMs = open.runs[0]?.metrics.ttft.p50 ?? NaN;

  it('may be higher by the requests that were too late by no more than the delay', () => {
    const error = new ClientError(open.runs, [`ttft<${medianMs - 10}ms`]).of(goodput, 1);
    // Of 5 requests a second, those in 20 ms around the median.
    expect(Math.expm1(error)).toBeGreaterThan(0.5);
    expect(Math.expm1(error)).toBeLessThan(2.5);
  });

  it('is not touched by limits that are far from all requests, or by none', () => {
    expect(new ClientError(open.runs, ['ttft<10s', 'e2e<1h']).of(goodput, 5)).toBe(0);
    expect(new ClientError(open.runs, ['prefill<40ms']).of(goodput, 5)).toBe(0);
    expect(new ClientError(open.runs, []).of(goodput, 5)).toBe(0);
  });
});

describe('an interval', () => {
  const interval = { lower: 1, upper: 1 };
  const errors = { baseline: Math.log(1.1), candidate: Math.log(1.3) };

  it('becomes wider by what may have been added to either side', () => {
    const { lower, upper } = widened(interval, metric('ttft.p50'), errors, false);
    expect([lower, upper]).toEqual([expect.closeTo(1 / 1.3, 9), expect.closeTo(1.1, 9)]);
  });

  it('becomes wider in the other direction for rates, which delays make lower', () => {
    const { lower, upper } = widened(interval, metric('requests_per_second'), errors, false);
    expect([lower, upper]).toEqual([expect.closeTo(1 / 1.1, 9), expect.closeTo(1.3, 9)]);
  });

  it('becomes wider only by the difference if both sides were measured alternately', () => {
    const { lower, upper } = widened(interval, metric('ttft.p50'), errors, true);
    expect([lower, upper]).toEqual([expect.closeTo(1.1 / 1.3, 9), expect.closeTo(1, 9)]);
  });
});

describe('requests that were sent late', () => {
  const sentLate = resultOf(1, { clientWaitMs: 40, client: { event_loop_delay_ms: { p50: 0, p99: 0, max: 0 } } }).runs;

  it('make a latency from the schedule longer, and no other', () => {
    const error = new ClientError(sentLate, []);
    expect(100 * (1 - Math.exp(-error.of(metric('ttft_from_schedule.p50'), 100)))).toBeCloseTo(40, -1);
    expect(error.of(metric('ttft_from_schedule.p95'), 100)).toBeGreaterThan(
      error.of(metric('ttft_from_schedule.p50'), 100),
    );
    expect(error.of(metric('ttft.p50'), 100)).toBe(0);
  });

  it('are the plan if it holds them back', () => {
    const held = sentLate.map((run) => ({ ...run, held_back: { requests: 250, mean_ms: 1000, max_ms: 2000 } }));
    expect(new ClientError(held, []).of(metric('ttft_from_schedule.p95'), 100)).toBe(0);
  });
});

describe('a late load generator', () => {
  const verdicts = (sides: Sides): readonly string[] =>
    compare(sides, { thresholds: parseThresholds(['prefill.p50>10%', 'ttft.p95>10%']), allowed: [] }).rows.flatMap(
      ({ judgement }) => (judgement.type === 'gated' ? [judgement.outcome.verdict] : []),
    );
  /** Nine of ten events noticed at once, the others up to 60 ms late, of a TTFT of 340 ms. */
  const client = { event_loop_delay_ms: { p50: 0, p99: 60, max: 60 } };
  const [before, after] = [resultOf(1, { client }), resultOf(1.2, { client }, {}, 3)];

  it('leaves undecided what it may have caused, and nothing else', () => {
    expect(verdicts(pair(before, after))).toEqual(['regression', 'inconclusive']);
  });

  it('decides between servers that it delayed alike', () => {
    expect(verdicts(alternately(before, after))).toEqual(['regression', 'regression']);
    expect(verdicts(alternately(before, resultOf(1, { client }, {}, 5)))).toEqual(['pass', 'pass']);
  });

  it('is named for answers that come as a whole, which have no TTFT', () => {
    const none = { count: 0, mean: null, stddev: null, p50: null, p90: null, p95: null, p99: null, p99_9: null };
    const wholeAnswers = (result: BenchResult): BenchResult => ({
      ...result,
      runs: result.runs.map((run) => ({
        ...run,
        metrics: { ...run.metrics, ttft: { ...run.metrics.ttft, ...none, histogram: null } },
      })),
    });
    const { notes } = compare(alternately(wholeAnswers(before), wholeAnswers(after)), { thresholds: [], allowed: [] });
    expect(notes.join(' ')).toContain('The load generator noticed events up to 30.0 ms late on average');
  });

  it('is not promised to be outvoted by more trials, and none are measured in vain', () => {
    const stalled = { event_loop_delay_ms: { p50: 20, p99: 24, max: 24 } };
    const busy = pair(resultOf(1, { client: stalled }), resultOf(1, { client: stalled }, {}, 3));
    const comparison = compare(busy, { thresholds: parseThresholds(['ttft.p50>2%']), allowed: [] });
    expect(conclusionOf(comparison)[0]).toBe(
      "Inconclusive: the load generator's own delay alone may be the difference to the limit: measure with fewer clients, more --workers, or from another machine.",
    );
    expect(isDecided(comparison)).toBe(true);
  });

  it('is named, since its intervals are wider than the trials show', () => {
    const { notes } = compare(alternately(before, after), { thresholds: [], allowed: [] });
    expect(notes[0]).toMatch(
      /^The load generator noticed events up to 30\.0 ms late on average; the intervals allow for/,
    );
  });
});
