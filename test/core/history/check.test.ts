import { describe, expect, it } from 'vitest';
import { parseThresholds } from '../../../src/core/compare/threshold.js';
import { checkHistory, type HistoryCheck } from '../../../src/core/history/check.js';
import type { HistoryEntry, HistoryRow } from '../../../src/core/history/entry-schema.js';
import { comparableEntries } from '../../../src/core/history/series.js';
import { checkJunit, checkMarkdown } from '../../../src/core/report/history/check-files.js';
import { checkConclusion } from '../../../src/core/report/history/check-text.js';
import { commitOf, entriesOf, entryAt, steady } from './entries.js';

const everything = { allowed: [], last: 20, since: null } as const;

function checked(entries: readonly HistoryEntry[], ...failOn: readonly string[]): HistoryCheck {
  return checkHistory(entries, parseThresholds(failOn.length === 0 ? ['ttft.p95>10%'] : failOn));
}

/** The last of the entries with another row. */
function withNewest(entries: readonly HistoryEntry[], row: Partial<HistoryRow>): readonly HistoryEntry[] {
  const newest = entries.at(-1) ?? entryAt(0);
  return [...entries.slice(0, -1), { ...newest, rows: newest.rows.map((each) => ({ ...each, ...row })) }];
}

describe('the newest entry of a history', () => {
  it('passes if nothing has changed', () => {
    const { verdict, rows } = checked(entriesOf(steady(21)));
    expect(verdict).toBe('pass');
    expect(rows[0]).toMatchObject({ metric: { id: 'ttft.p95' }, evidence: { type: 'newest' } });
  });

  it('is a regression if the level rose, with the commit at which it did', () => {
    const { verdict, rows } = checked(entriesOf([...steady(17), ...steady(4, 1.2)]));
    expect(verdict).toBe('regression');
    const [row] = rows;
    const { evidence, series = [] } = row ?? {};
    expect(evidence).toMatchObject({ type: 'level', index: 17 });
    expect(series[17]?.entry.commit).toBe(commitOf(17));
    expect(evidence?.change.ratio).toBeCloseTo(1.2, 1);
    expect(evidence?.change.interval.lower).toBeGreaterThan(1.1);
  });

  it('is a regression on its own if it is far outside of what the entries before it predict', () => {
    const { verdict, rows } = checked(entriesOf([...steady(20), 1.4]));
    expect(verdict).toBe('regression');
    expect(rows[0]?.evidence?.type).toBe('newest');
  });

  it('is inconclusive if it is beyond the limit, but so is the noise', () => {
    const noisy = Array.from({ length: 20 }, (_, day) => (day % 2 === 0 ? 0.85 : 1.15));
    const { verdict, rows } = checked(entriesOf([...noisy, 1.2], 0));
    expect(verdict).toBe('inconclusive');
    expect(rows[0]?.judgement).toMatchObject({ outcome: { doubt: { reason: 'too-wide' } } });
  });

  it('passes after a step that was taken back', () => {
    const check = checked(entriesOf([...steady(8), ...steady(6, 1.3), ...steady(7)]));
    expect(check.verdict).toBe('pass');
    expect(check.rows[0]?.judgement).toMatchObject({ outcome: { verdict: 'improvement' } });
  });

  it('is a regression after several steps of which each is within the limit', () => {
    const steps = [...steady(7), ...steady(7, 1.07), ...steady(7, 1.15)];
    expect(checked(entriesOf(steps, 0.01)).verdict).toBe('regression');
  });

  it('is a regression if a rate fell', () => {
    const entries = entriesOf([...steady(17), ...steady(4, 1.2)]);
    expect(checked(entries, 'output_tokens_per_second<5%').verdict).toBe('regression');
    expect(checked(entries, 'output_tokens_per_second<30%').verdict).toBe('pass');
  });

  it('is inconclusive with fewer than 5 entries before it', () => {
    expect(checked(entriesOf(steady(6))).verdict).toBe('pass');
    const { verdict, rows } = checked(entriesOf(steady(5)));
    expect(verdict).toBe('inconclusive');
    expect(rows[0]?.judgement).toMatchObject({ outcome: { doubt: { reason: 'too-few-entries', entries: 4 } } });
  });

  it('is inconclusive if its load generator was saturated, and does not count those before it that were', () => {
    expect(checked(withNewest(entriesOf([...steady(20), 2]), { saturated: true, saturation: ['cpu'] })).verdict).toBe(
      'inconclusive',
    );
    const saturated = entriesOf(steady(21)).map((entry, day) =>
      day < 18
        ? { ...entry, rows: entry.rows.map((row) => ({ ...row, saturated: true, saturation: ['cpu' as const] })) }
        : entry,
    );
    expect(checked(saturated).rows[0]?.series).toHaveLength(3);
    expect(comparableEntries(saturated.slice(0, -1), saturated[20] ?? entryAt(20), everything).saturated).toBe(18);
  });

  it('counts failures, with any threshold, and needs no five entries for them', () => {
    const requests = { completed: 150, refused: 0, failed: 100, timed_out: 0 };
    const { verdict, rows } = checked(withNewest(entriesOf(steady(3)), { requests }));
    expect(verdict).toBe('regression');
    expect(rows[0]).toMatchObject({ metric: { id: 'success_rate' } });
    const one = { ...requests, completed: 249, failed: 1 };
    expect(checked(withNewest(entriesOf(steady(21)), { requests: one })).verdict).toBe('pass');
    expect(checked(withNewest(entriesOf(steady(21)), { requests: one }), 'success_rate<1%').verdict).toBe(
      'inconclusive',
    );
    expect(checked(entriesOf(steady(21)), 'success_rate<1%').verdict).toBe('pass');
  });

  it('leaves out only what a saturated load generator concerns', () => {
    const late = withNewest(entriesOf(steady(21)), { saturated: true, saturation: ['ttft-error'] });
    expect(checked(late, 'ttft.p95>10%').verdict).toBe('inconclusive');
    expect(checked(late, 'tpot.p50>10%').verdict).toBe('pass');
  });

  it('is not measured by entries of servers that were about to be lost', () => {
    const end = { interrupted: true, ended_early: { cause: 'target-lost', server: null, message: 'Gone.' } } as const;
    const all = { completed: 100, refused: 0, failed: 0, timed_out: 0 };
    const entries = entriesOf(steady(6)).map((entry, day) => {
      const requests =
        day === 3 ? { ...all, completed: 15, failed: 85 } : day === 5 ? { ...all, completed: 80, failed: 20 } : all;
      const [row = entry] = withNewest([entry], { requests });
      return day === 3 ? { ...row, ...end } : row;
    });
    expect(checked(entries, 'success_rate<1%').verdict).toBe('regression');
    const newest = entries.at(-1) ?? entryAt(0);
    expect(comparableEntries(entries.slice(0, -1), newest, everything).lost).toBe(1);
  });

  it('does not blame a server for the loss of the other one', () => {
    const end = {
      interrupted: true,
      ended_early: { cause: 'target-lost', server: 'baseline', message: 'Gone.' },
    } as const;
    const entries = entriesOf(steady(21)).map((entry, day) => (day === 20 ? { ...entry, ...end } : entry));
    expect(checked(entries).verdict).toBe('inconclusive');
  });

  it('cannot pass if the newest measurement ended early, and is a regression if its server was lost', () => {
    const ended = (cause: 'stopped' | 'target-lost'): HistoryEntry[] => {
      const entries = entriesOf(steady(21));
      const end = { interrupted: true, ended_early: { cause, server: null, message: 'It ended.' } };
      return entries.map((entry, day) => (day === 20 ? { ...entry, ...end } : entry));
    };
    expect(checked(ended('stopped')).verdict).toBe('inconclusive');
    expect(checked(ended('stopped'), 'success_rate<1%').verdict).toBe('inconclusive');
    const lost = checked(ended('target-lost'));
    expect(lost.verdict).toBe('regression');
    expect(checkConclusion(lost).join()).toContain(
      'the server of the newest result was lost before everything was measured',
    );
  });

  it('cannot pass if it has nothing to check, and is a regression if its server was lost', () => {
    const before = entriesOf(steady(20));
    const end = { interrupted: true, ended_early: { cause: 'target-lost', server: null, message: 'Gone.' } } as const;
    const stopped = [...before, entryAt(20, 1, { rows: [], interrupted: true })];
    expect(checked(stopped).verdict).toBe('inconclusive');
    expect(checkConclusion(checked(stopped))).toEqual(['Inconclusive: nothing was measured in the newest result.']);
    const lost = [...before, entryAt(20, 1, { rows: [], ...end })];
    expect(checked(lost).verdict).toBe('regression');
    expect(checkConclusion(checked(lost))).toEqual([
      'Regression: the server of the newest result was lost before anything was measured.',
    ]);
    expect(checkHistory(lost, []).verdict).toBe('inconclusive');
    expect(checkJunit(checked(lost))).toContain('<failure');
    expect(checkMarkdown(checked(lost))).not.toContain('| metric');
  });

  it('is inconclusive without thresholds if it answered nothing', () => {
    const requests = { completed: 0, refused: 0, failed: 250, timed_out: 0 };
    const check = checkHistory(withNewest(entriesOf(steady(21)), { figures: {}, requests }), []);
    expect([check.verdict, ...checkConclusion(check)]).toEqual([
      'inconclusive',
      'Inconclusive: no request of the newest result was completed.',
    ]);
  });

  it('does not compare times and rates of answers of another length', () => {
    const tokens = (mean: number): Partial<HistoryRow> => ({ answer_tokens: { mean, error: mean / 100 } });
    const long = entriesOf(steady(21)).map((entry) => withNewest([entry], tokens(64))[0] ?? entry);
    const short = withNewest(long, tokens(8));
    const doubt = {
      reason: 'not-measured',
      explanation: 'answers had 8 tokens on average in the newest result and 64 in earlier ones',
    };
    for (const threshold of ['e2e.p95>10%', 'output_tokens_per_second<10%']) {
      const { verdict, rows } = checked(short, threshold);
      expect(verdict).toBe('inconclusive');
      expect(rows[0]?.judgement).toMatchObject({ outcome: { doubt } });
      expect(checked(withNewest(long, tokens(62)), threshold).verdict).toBe('pass');
      expect(checked(withNewest(long, { answer_tokens: null }), threshold).verdict).toBe('pass');
    }
    expect(checked(short, 'ttft.p95>10%').verdict).toBe('pass');
    expect(checked(short, 'success_rate<1%').verdict).toBe('pass');
  });

  it('is a regression if its requests fail, so that the figure is missing', () => {
    const figures = { 'ttft.p95': null };
    const requests = { completed: 0, refused: 0, failed: 250, timed_out: 0 };
    const { verdict, rows } = checked(withNewest(entriesOf(steady(21)), { figures, requests }));
    expect(verdict).toBe('regression');
    expect(rows[0]?.judgement).toMatchObject({ outcome: { cause: 'lost' } });
    expect(checked(withNewest(entriesOf(steady(21)), { figures: { goodput: 0 } }), 'goodput<5%').verdict).toBe(
      'inconclusive',
    );
  });

  it('has not lost a figure if a single failure leaves too few samples for it', () => {
    const requests = { completed: 199, refused: 0, failed: 1, timed_out: 0 };
    const entries = withNewest(entriesOf(steady(21)), { figures: { 'ttft.p95': null }, requests });
    expect(checked(entries).rows[0]?.judgement).toMatchObject({
      outcome: { verdict: 'inconclusive', doubt: { reason: 'not-measured' } },
    });
  });

  it('is inconclusive if it does not have the figure', () => {
    const { verdict, rows } = checked(withNewest(entriesOf(steady(21)), { figures: {} }));
    expect(verdict).toBe('inconclusive');
    expect(rows[0]?.judgement).toMatchObject({ outcome: { doubt: { reason: 'not-measured' } } });
  });

  it('is not compared with a queue wait from another source', () => {
    const entries = withNewest(entriesOf(steady(21)), { queue_wait_source: 'aggregate' });
    expect(checked(entries, 'queue_wait.p95>10%').rows[0]?.series).toHaveLength(1);
    expect(checked(entries, 'ttft.p95>10%').rows[0]?.series).toHaveLength(21);
  });

  it('is shown without a verdict if nothing is allowed or forbidden', () => {
    const { verdict, rows } = checkHistory(entriesOf([...steady(20), 1.4]), []);
    expect(verdict).toBe('none');
    expect(rows.find(({ metric }) => metric.id === 'ttft.p95')?.judgement).toEqual({
      type: 'shown',
      tendency: 'worse',
    });
  });
});

describe('the entries it is compared with', () => {
  const entries = entriesOf(steady(10));
  const newest = entryAt(10);

  it('are the last of those that are comparable', () => {
    const elsewhere = { ...entryAt(11), machine: { ...newest.machine, cpu: 'Another 1000' } };
    const selection = comparableEntries([...entries, elsewhere], newest, { ...everything, last: 5 });
    expect(selection.entries.map(({ commit }) => commit)).toEqual([5, 6, 7, 8, 9, 10].map(commitOf));
    expect(selection.others).toEqual({ count: 1, fields: ['machine.cpu'] });
    const all = comparableEntries([...entries, elsewhere], newest, { ...everything, allowed: ['machine'] });
    expect(all.entries).toHaveLength(12);
  });

  it('begin with a commit that was accepted', () => {
    const since = commitOf(7).slice(0, 7);
    expect(comparableEntries(entries, newest, { ...everything, since }).entries).toHaveLength(4);
    expect(comparableEntries(entries, newest, { ...everything, since: commitOf(10) }).entries).toEqual([newest]);
    expect(() => comparableEntries(entries, newest, { ...everything, since: 'feed' })).toThrow(
      'No entry of the history has the commit feed.',
    );
  });
});

it('the limit of a search is not in a history, and a threshold for it is refused', () => {
  expect(() => checked(entriesOf(steady(21)), 'find_max<5%')).toThrow(
    'limits of searches, which a history does not keep',
  );
});
