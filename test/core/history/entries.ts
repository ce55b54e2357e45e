import { seededRandom } from '../../../src/core/base/random.js';
import { entryOf } from '../../../src/core/history/entry.js';
import type { HistoryEntry, HistoryRow } from '../../../src/core/history/entry-schema.js';
import { resultOf } from '../compare/sides.js';

const base = entryOf(resultOf(1), { commit: null, branch: 'main', dirty: false, note: null }, 'base.json');

/** The commit of a day: `00c0ffee…` for the first. */
export function commitOf(day: number): string {
  return `${day.toString(16).padStart(2, '0')}c0ffee`.padEnd(40, '0');
}

/** An entry of a day whose latencies are longer, and whose rates are lower, by a factor. */
export function entryAt(day: number, factor = 1, more: Partial<HistoryEntry> = {}): HistoryEntry {
  const rows = base.rows.map((row) => ({
    ...row,
    figures: Object.fromEntries(
      Object.entries(row.figures).map(([id, value]) => [id, scaled(id, value, factor)] as const),
    ),
  }));
  return {
    ...base,
    started_at: new Date(Date.UTC(2026, 0, 1 + day)).toISOString(),
    commit: commitOf(day),
    rows,
    ...more,
  };
}

function scaled(id: string, value: number | null, factor: number): number | null {
  if (value === null || id === 'success_rate') return value;
  return id.includes('.') ? value * factor : value / factor;
}

/** Entries of successive days, with noise of a few percent that is the same each time. */
export function entriesOf(factors: readonly number[], spread = 0.02): readonly HistoryEntry[] {
  const random = seededRandom(1);
  return factors.map((factor, day) => entryAt(day, factor * (1 + spread * (2 * random() - 1))));
}

/** `count` times the same factor. */
export function steady(count: number, factor = 1): readonly number[] {
  return Array.from({ length: count }, () => factor);
}

/** The same entry as a line of an older version, which does not say what the load generator can have added. */
export function withoutClientErrors(entry: HistoryEntry): HistoryEntry {
  const rows = entry.rows.map((row): HistoryRow => {
    const older = { ...row };
    delete older.client_error;
    return older;
  });
  return { ...entry, rows };
}
