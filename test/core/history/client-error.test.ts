import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allMetrics, type ComparedMetric } from '../../../src/core/compare/compared-metric.js';
import { parseThreshold, parseThresholds } from '../../../src/core/compare/threshold.js';
import { SettingTrials } from '../../../src/core/compare/trials/setting-trials.js';
import { checkHistory, type HistoryCheck } from '../../../src/core/history/check.js';
import { clientErrorOf } from '../../../src/core/history/client-error.js';
import { entryOf } from '../../../src/core/history/entry.js';
import type { HistoryEntry, HistoryRow } from '../../../src/core/history/entry-schema.js';
import { cutSeries, judgeSeries } from '../../../src/core/history/judge-series.js';
import { resultOf } from '../compare/sides.js';
import { entryAt, withoutClientErrors } from './entries.js';

const provenance = { commit: '1a2b3c4', branch: 'main', dirty: false, note: null } as const;

function metric(id: string): ComparedMetric {
  const found = allMetrics.find((each) => each.id === id);
  if (found === undefined) throw new Error(`no ${id}`);
  return found;
}

/** An entry with one figure, and what the load generator can have added to it; a line of an older version without the latter. */
function entryWith(day: number, id: string, value: number, clientError?: number): HistoryEntry {
  const older = withoutClientErrors(entryAt(day));
  const known = clientError === undefined ? {} : { client_error: { [id]: clientError } };
  return { ...older, rows: older.rows.map((row) => ({ ...row, figures: { ...row.figures, [id]: value }, ...known })) };
}

function rowIn({ rows: [row] }: HistoryEntry): HistoryRow {
  if (row === undefined) throw new Error('the entry has no row');
  return row;
}

/** Values that differ by 1 % and have the mean that is given. */
function around(value: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, day) => value * (day % 2 === 0 ? 0.99 : 1.01));
}

interface Figure {
  readonly value: number;
  readonly clientError?: number;
}

/** 10 results of one level, and the newest. */
function checked(id: string, before: Figure, newest: Figure): HistoryCheck {
  const earlier = around(before.value, 10).map((value, day) => entryWith(day, id, value, before.clientError));
  const last = entryWith(10, id, newest.value, newest.clientError);
  return checkHistory([...earlier, last], parseThresholds([`${id}${metric(id).type === 'latency' ? '>' : '<'}10%`]));
}

describe("the load generator's part of a figure in a history", () => {
  const late = { event_loop_delay_ms: { p50: 2, p99: 20, max: 40 } };
  const result = resultOf(1, { client: late });
  const row = rowIn(entryOf(result, provenance, 'result.json'));

  it('is as much as compare allows for, in the unit of the figure', () => {
    const trials = new SettingTrials(result.runs, { name: 'result.json', plan: result.plan });
    const known = allMetrics.filter(({ id }) => row.figures[id] != null && id !== 'success_rate');
    expect(known.length).toBeGreaterThan(30);
    for (const each of known) {
      const value = row.figures[each.id] ?? NaN;
      expect(clientErrorOf(row, each)).toBeCloseTo(trials.clientError.of(each, value), 2);
    }
    expect(row.client_error?.['ttft.p95']).toBe(20);
    expect(row.client_error?.['output_tokens_per_second']).toBeGreaterThan(0);
  });

  it('is not written of figures that contain none of it', () => {
    const named = Object.keys(row.client_error ?? {});
    expect(named).toContain('e2e.p50');
    for (const id of ['prefill.p95', 'client_wait.p95', 'success_rate', 'goodput']) expect(named).not.toContain(id);
    const quiet = resultOf(1, { client: { event_loop_delay_ms: { p50: 0, p99: 0, max: 0 } } });
    const ofQuiet = Object.keys(rowIn(entryOf(quiet, provenance, 'quiet.json')).client_error ?? {});
    // Requests are sent a little late.
    expect(ofQuiet.filter((id) => !id.startsWith('ttft_from_schedule.'))).toEqual([]);
  });

  it('is never all of it, even if a line says so, and nothing in a line that does not say', () => {
    expect(clientErrorOf(rowIn(entryWith(0, 'ttft.p95', 10, 10)), metric('ttft.p95'))).toBeCloseTo(Math.log(20), 9);
    expect(clientErrorOf(rowIn(entryWith(0, 'ttft.p95', 10)), metric('ttft.p95'))).toBe(0);
    expect(clientErrorOf(rowIn(entryWith(0, 'ttft.p95', 0.02, 0.05)), metric('ttft.p95'))).toBeCloseTo(Math.log(2), 9);
  });
});

describe('a newest value that is beyond the limit', () => {
  it('is inconclusive if the load generator can have added what is beyond it', () => {
    const check = checked('ttft.p95', { value: 8 }, { value: 10, clientError: 4 });
    expect(check.verdict).toBe('inconclusive');
    expect(check.rows[0]?.judgement).toMatchObject({ outcome: { doubt: { reason: 'client-delay', isAlone: true } } });
  });

  it('is a regression if it can have added only a hundredth of that', () => {
    expect(checked('ttft.p95', { value: 8 }, { value: 10, clientError: 0.1 }).verdict).toBe('regression');
    expect(checked('ttft.p95', { value: 8 }, { value: 10 }).verdict).toBe('regression');
  });

  it('is inconclusive if only noise and the load generator together can have added it', () => {
    const check = checked('ttft.p95', { value: 8 }, { value: 9.1, clientError: 0.2 });
    expect(checked('ttft.p95', { value: 8 }, { value: 9.1 }).verdict).toBe('regression');
    expect(check.rows[0]?.judgement).toMatchObject({
      outcome: { verdict: 'inconclusive', doubt: { reason: 'client-delay', isAlone: false } },
    });
  });

  it('is a rate that the load generator can have made lower', () => {
    const id = 'output_tokens_per_second';
    expect(checked(id, { value: 100 }, { value: 80, clientError: 1 }).verdict).toBe('regression');
    expect(checked(id, { value: 100 }, { value: 80, clientError: 15 }).verdict).toBe('inconclusive');
  });

  it('has noise as its reason if it was inconclusive without the load generator, which cannot have added that much', () => {
    const check = checked('ttft.p95', { value: 8 }, { value: 8.85, clientError: 0.01 });
    expect(check.rows[0]?.judgement).toMatchObject({
      outcome: { verdict: 'inconclusive', doubt: { reason: 'too-wide' } },
    });
  });
});

describe('a level that contains delays of the load generator', () => {
  it('cannot hide a regression: the newest value does not pass', () => {
    const check = checked('ttft.p95', { value: 10, clientError: 3 }, { value: 10, clientError: 0.01 });
    expect(check.verdict).toBe('inconclusive');
    expect(check.rows[0]?.judgement).toMatchObject({ outcome: { doubt: { reason: 'client-delay', isAlone: true } } });
    expect(checked('ttft.p95', { value: 10, clientError: 0.3 }, { value: 10, clientError: 0.3 }).verdict).toBe('pass');
  });

  it('counts with the mean of its results, so that a single late one matters little', () => {
    const before = around(10, 10).map((value, day) => entryWith(day, 'ttft.p95', value, day === 4 ? 5 : 0.01));
    const entries = [...before, entryWith(10, 'ttft.p95', 10, 0.01)];
    expect(checkHistory(entries, parseThresholds(['ttft.p95>10%'])).verdict).toBe('pass');
  });

  it('is no improvement if the level before it may only have been measured late', () => {
    const entries = [...around(10, 10), ...around(8, 10)].map((value, day) =>
      entryWith(day, 'ttft.p95', value, day < 10 ? 2 : 0.01),
    );
    const outcome = (each: readonly HistoryEntry[]): unknown =>
      checkHistory(each, parseThresholds(['ttft.p95>10%'])).rows[0]?.judgement;
    expect(outcome(entries)).toMatchObject({ outcome: { verdict: 'pass' } });
    const known = entries.map((entry) => ({ ...entry, rows: entry.rows.map((row) => ({ ...row, client_error: {} })) }));
    expect(outcome(known)).toMatchObject({ outcome: { verdict: 'improvement' } });
  });
});

describe('the verdict on a series', () => {
  const thresholds = ['ttft.p95>10%', 'tpot.p50>10%', 'output_tokens_per_second<10%'].map(parseThreshold);
  const logs = fc.array(fc.double({ min: -0.05, max: 0.05, noNaN: true }), { minLength: 6, maxLength: 21 });
  const errors = fc.array(fc.double({ min: 0, max: 0.3, noNaN: true }), { minLength: 21, maxLength: 21 });
  const last = fc.double({ min: -0.5, max: 0.5, noNaN: true });
  const badness = { regression: 2, inconclusive: 1, pass: 0, improvement: 0 } as const;

  it('never becomes a regression because a delay is longer, and no regression becomes a pass', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(
        fc.constantFrom(...thresholds),
        logs,
        last,
        errors,
        errors,
        (threshold, before, newest, less, more) => {
          const values = [...before, newest];
          const small = values.map((_, index) => less[index] ?? 0);
          const large = small.map((error, index) => error + (more[index] ?? 0));
          const [one, other] = [small, large].map((each) => judgeSeries(cutSeries(values, each), threshold).verdict);
          if (one === undefined || other === undefined) throw new Error('not judged');
          seen.add(`${one} ${other}`);
          if (other === 'regression') expect(one).toBe('regression');
          if (badness[one] > 0) expect(badness[other]).toBeGreaterThan(0);
        },
      ),
      { seed: 1, numRuns: 300 },
    );
    for (const change of ['regression inconclusive', 'pass inconclusive', 'regression regression', 'pass pass']) {
      expect(seen).toContain(change);
    }
  });

  it('is that of a series without delays if there are none, or if lines do not say', () => {
    fc.assert(
      fc.property(fc.constantFrom(...thresholds), logs, last, (threshold, before, newest) => {
        const values = [...before, newest];
        const judged = judgeSeries(cutSeries(values), threshold);
        expect(
          judgeSeries(
            cutSeries(
              values,
              values.map(() => 0),
            ),
            threshold,
          ),
        ).toEqual(judged);
        expect(judged.evidence.change.interval).toEqual(judged.evidence.change.spread);
      }),
      { seed: 1, numRuns: 100 },
    );
  });
});
