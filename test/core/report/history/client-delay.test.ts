import { describe, expect, it } from 'vitest';
import { parseThresholds } from '../../../../src/core/compare/threshold.js';
import { checkHistory, type HistoryCheck } from '../../../../src/core/history/check.js';
import type { HistoryEntry } from '../../../../src/core/history/entry-schema.js';
import { trendsOf } from '../../../../src/core/history/trend.js';
import { checkJson, checkJunit, checkMarkdown } from '../../../../src/core/report/history/check-files.js';
import { checkConclusion, renderCheck } from '../../../../src/core/report/history/check-text.js';
import { delayNotes } from '../../../../src/core/report/history/delay-notes.js';
import { trendJson } from '../../../../src/core/report/history/trend-files.js';
import { entriesOf, steady, withoutClientErrors } from '../../history/entries.js';

/** Results of which the load generator can have added a share to TTFT, on each day. */
function delayed(factors: readonly number[], shareOn: (day: number) => number): readonly HistoryEntry[] {
  return entriesOf(factors).map((entry, day) => ({
    ...entry,
    rows: entry.rows.map((row) => ({
      ...row,
      client_error: { 'ttft.p95': (row.figures['ttft.p95'] ?? NaN) * shareOn(day) },
    })),
  }));
}

function checked(entries: readonly HistoryEntry[]): HistoryCheck {
  return checkHistory(entries, parseThresholds(['ttft.p95>10%']));
}

const factors = [...steady(20), 1.25];
const newestLate = checked(delayed(factors, (day) => (day === 20 ? 0.4 : 0)));
const alone =
  "the load generator's own delay alone may be the difference to the limit: measure with fewer clients, more --workers, or from another machine";

/** Every space alike. */
function spaced(text: string): string {
  return text.replaceAll('\u00a0', ' ').replace(/\s+/g, ' ');
}

describe('a check that a late load generator leaves undecided', () => {
  it('says so as compare does, on the terminal and in files', () => {
    const text = spaced(renderCheck(newestLate, delayNotes(newestLate), { colour: false, width: 100 }));
    expect(text).toMatch(
      /Inconclusive: ttft\.p95 at .* is \d+\.\d % above its level before \(95 % interval .*\), and /,
    );
    expect(text).toContain(`${alone}.`);
    expect(text).toContain(
      "! The load generator's own delay can have moved figures by up to 40 % (the newest ttft.p95); the intervals allow for that.",
    );
    expect(spaced(checkJunit(newestLate))).toContain('delay alone may be the difference to the limit');
    expect(checkMarkdown(newestLate)).toContain('- The load generator');
  });

  it('has that as its reason in JSON, with the interval that noise alone would leave', () => {
    const [row] = (checkJson(newestLate) as { rows: readonly { interval: object; spread: { lower: number } }[] }).rows;
    expect(row).toMatchObject({ verdict: 'inconclusive', reason: 'client-delay' });
    expect(row).toMatchObject({ explanation: expect.stringContaining(alone) as string });
    expect(row).toMatchObject({ client_error: expect.closeTo(0.4 * (newestLate.rows[0]?.value ?? NaN), 6) as number });
    expect(row?.interval).toMatchObject({ lower: expect.closeTo(0.6 * (row?.spread.lower ?? NaN), 6) as number });
  });

  it('says if only noise and the delay together may be the difference', () => {
    const check = checked(delayed([...steady(20), 1.2], (day) => (day === 20 ? 0.07 : 0)));
    expect(spaced(renderCheck(check, [], { colour: false, width: 100 }))).toContain(
      "the load generator's own delay and noise together may be the difference to the limit",
    );
  });
});

it('says it once of several figures', () => {
  const figures = ['e2e.p95', 'ttft.p95'];
  const late = entriesOf(factors).map((entry) => ({
    ...entry,
    rows: entry.rows.map((row) => ({
      ...row,
      client_error: Object.fromEntries(figures.map((id) => [id, 0.4 * (row.figures[id] ?? NaN)])),
    })),
  }));
  const text = spaced(checkConclusion(checkHistory(late, parseThresholds(figures.map((id) => `${id}>10%`)))).join(' '));
  expect(text).toBe(`Inconclusive: e2e.p95 and ttft.p95 at 8 clients and max-concurrency 2: ${alone}.`);
});

describe('the note on delays', () => {
  it('names the results before if the delay is in their level', () => {
    expect(delayNotes(checked(delayed(factors, (day) => (day < 20 ? 0.1 : 0.05))))).toEqual([
      "The load generator's own delay can have moved figures by up to 10 % (the level of ttft.p95 before); the intervals allow for that.",
    ]);
  });

  it('is left out if intervals are hardly wider', () => {
    expect(delayNotes(checked(delayed(factors, () => 0.01)))).toEqual([]);
  });
});

it('a line that does not say what its load generator added has no such figure', () => {
  const [row] = (checkJson(checked(entriesOf(factors).map(withoutClientErrors))) as { rows: readonly object[] }).rows;
  expect(row).toMatchObject({ verdict: 'regression', client_error: null });
});

it('trends have intervals that allow for delays', () => {
  const metrics = newestLate.rows.flatMap(({ metric }) => (metric.id === 'ttft.p95' ? [metric] : []));
  const entries = delayed([...steady(10), ...steady(10, 1.4)], () => 0.2);
  const { trends } = JSON.parse(JSON.stringify(trendJson(trendsOf(entries, metrics, 20)))) as {
    trends: readonly { points: readonly { level_change: { interval: object; spread: { lower: number } } | null }[] }[];
  };
  const change = trends[0]?.points.find((point) => point.level_change !== null)?.level_change;
  expect(change?.spread.lower).toBeGreaterThan(1.3);
  expect(change?.interval).toMatchObject({ lower: expect.closeTo(0.8 * (change?.spread.lower ?? NaN), 6) as number });
});
