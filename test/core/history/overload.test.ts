import { describe, expect, it } from 'vitest';
import { parseThresholds } from '../../../src/core/compare/threshold.js';
import { checkHistory, type HistoryCheck } from '../../../src/core/history/check.js';
import { entryOf } from '../../../src/core/history/entry.js';
import type { HistoryEntry, HistoryRow } from '../../../src/core/history/entry-schema.js';
import { comparableEntries } from '../../../src/core/history/series.js';
import { checkConclusion } from '../../../src/core/report/history/check-text.js';
import { resultOf } from '../compare/sides.js';
import { entriesOf, steady } from './entries.js';

/** Entries of which those on some days have another row. */
function withRows(row: Partial<HistoryRow>, ...days: readonly number[]): readonly HistoryEntry[] {
  return entriesOf(steady(12)).map((entry, day) =>
    days.includes(day) ? { ...entry, rows: entry.rows.map((each) => ({ ...each, ...row })) } : entry,
  );
}

function checked(entries: readonly HistoryEntry[], ...failOn: readonly string[]): HistoryCheck {
  return checkHistory(entries, parseThresholds(failOn.length === 0 ? ['tpot.p50>10%'] : failOn));
}

/** Of 5 trials. */
const overloaded = { overloaded_trials: 4 };

describe('a load that only the newest result cannot follow', () => {
  it('is a regression, but not of the answered requests', () => {
    const check = checked(withRows(overloaded, 11), 'tpot.p50>10%', 'success_rate<1%');
    expect(check.verdict).toBe('regression');
    expect(checkConclusion(check)).toEqual([
      'Regression: tpot.p50 at 8 clients and max-concurrency 2 has no steady value: the queue of the newest grew without end, and those of the results before it did not.',
    ]);
    expect(check.rows[1]?.judgement).toMatchObject({ outcome: { verdict: 'pass' } });
  });

  it('is none in a minority of the trials', () => {
    expect(checked(withRows({ overloaded_trials: 2 }, 11)).verdict).toBe('pass');
  });

  it('is a doubt if a trial before was overloaded as well: the load is close to the limit', () => {
    const entries = [...withRows({ overloaded_trials: 1 }, 3).slice(0, -1), ...withRows(overloaded, 11).slice(-1)];
    const check = checked(entries);
    expect(check.verdict).toBe('inconclusive');
    expect(checkConclusion(check)[0]).toContain('the queue grew without end in the newest result');
  });

  it('is a doubt if lines of older versions do not say', () => {
    const old = withRows(overloaded, 11).map((entry, day) => {
      if (day === 11) return entry;
      // As JSON has it: a field that is undefined is missing.
      const unknown = { overloaded_trials: undefined, aborted_on: undefined };
      const rows = entry.rows.map((row) => JSON.parse(JSON.stringify({ ...row, ...unknown })) as HistoryRow);
      return { ...entry, rows };
    });
    expect(checked(old).verdict).toBe('inconclusive');
  });

  it('has no tendency without thresholds', () => {
    const { rows } = checkHistory(withRows(overloaded, 11), []);
    expect(rows.find(({ metric }) => metric.id === 'tpot.p50')).toMatchObject({ evidence: null });
  });
});

it('overloaded results before the newest are left out, and counted', () => {
  const entries = withRows(overloaded, 2, 5);
  expect(checked(entries).rows[0]?.series).toHaveLength(10);
  const [newest] = entries.slice(-1);
  if (newest === undefined) throw new Error('no entry');
  expect(comparableEntries(entries.slice(0, -1), newest, { allowed: [], last: 20, since: null }).unsteady).toBe(2);
});

it('trials that ended before their time decide nothing', () => {
  const check = checked(withRows({ aborted_on: ['errors:10%'] }, 11));
  expect(check.verdict).toBe('inconclusive');
  expect(checkConclusion(check)[0]).toContain('--abort-on errors:10% ended trials of the newest result');
});

it('a line says in how many trials the queue grew without end, and what ended them', () => {
  const result = resultOf(1, { concurrency: null, rate: 20 }, { plan: { loop: 'open' } });
  const overload = {
    in_flight_per_second: { slope: 2, lower: 1, upper: 3 },
    ttft_ms_per_second: { slope: 90, lower: 60, upper: 120 },
  };
  const changes = [{ overload }, { aborted_on: 'overload' }, { aborted_on: 'slo' }, {}, {}];
  const runs = result.runs.map((run, index) => ({ ...run, ...changes[index] }));
  const entry = entryOf({ ...result, runs }, { commit: null, branch: null, dirty: null, note: null }, 'result.json');
  expect(entry.rows[0]).toMatchObject({ overloaded_trials: 2, aborted_on: ['slo'] });
});
