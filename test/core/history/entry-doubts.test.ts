import { describe, expect, it } from 'vitest';
import { entryDoubts } from '../../../src/core/history/entry-doubts.js';
import type { HistoryEntry, HistoryRow } from '../../../src/core/history/entry-schema.js';
import { entryAt } from './entries.js';

/** An entry with one setting for each of the changes. */
function entryWith(...changes: readonly Partial<HistoryRow>[]): HistoryEntry {
  const entry = entryAt(0);
  const [row] = entry.rows;
  if (row === undefined) throw new Error('the entry has no row');
  const rows = changes.map((change, index) => ({
    ...row,
    settings: { ...row.settings, max_concurrency: 2 ** index },
    ...change,
  }));
  return { ...entry, rows };
}

const ended = (cause: 'stopped' | 'target-lost', server: 'candidate' | 'baseline' | null): Partial<HistoryEntry> => ({
  interrupted: true,
  ended_early: { cause, server, message: 'It was stopped.' },
});

const requests = (completed: number, failed: number): Partial<HistoryRow> => ({
  requests: { completed, refused: 0, failed, timed_out: 0 },
});

describe('doubts about an entry of a history', () => {
  it('are none for a measurement that was complete, answered and steady', () => {
    expect(entryDoubts(entryAt(0))).toEqual([]);
    expect(entryDoubts(entryWith({}, requests(95, 5)))).toEqual([]);
  });

  it('say that the server was lost, before anything or before everything was measured', () => {
    expect(entryDoubts({ ...entryAt(0), ...ended('target-lost', 'candidate') })).toEqual([
      'The server was lost before everything was measured, which history check calls a regression. Later results are not compared with it.',
    ]);
    expect(entryDoubts({ ...entryWith(), ...ended('target-lost', null) })[0]).toMatch(
      /lost before anything was measured/,
    );
  });

  it('say that it was stopped, also by the loss of the other server of a bench of two', () => {
    for (const end of [ended('stopped', null), ended('target-lost', 'baseline')]) {
      expect(entryDoubts({ ...entryAt(0), ...end })).toEqual([
        'The measurement was stopped before everything was measured, so history check cannot pass it.',
      ]);
    }
    const failed = { cause: 'failed', server: null, message: 'No agent answered.' } as const;
    expect(entryDoubts({ ...entryAt(0), interrupted: true, ended_early: failed })).toEqual([
      'The measurement ended (no agent answered) before everything was measured, so history check cannot pass it.',
    ]);
    expect(entryDoubts({ ...entryAt(0), interrupted: true })).toEqual([
      'The measurement ended before everything was measured, so history check cannot pass it.',
    ]);
    expect(entryDoubts(entryWith())).toEqual(['Nothing was measured, so history check cannot pass it.']);
  });

  it('name the settings whose requests failed, unless it is true of all', () => {
    expect(entryDoubts(entryWith(requests(0, 50)))).toEqual(['No request was completed, so there are no figures.']);
    expect(entryDoubts(entryWith({}, requests(0, 50), requests(50, 50)))).toEqual([
      'No request was completed at max-concurrency 2, so there are no figures.',
      '50 % of the requests had no answer at max-concurrency 4: the latencies are of the others.',
    ]);
  });

  it('name the settings that later results are not compared with', () => {
    const doubtful = entryWith({}, { saturated: true }, { overloaded_trials: 5 }, { aborted_on: ['errors:10%'] });
    expect(entryDoubts(doubtful)).toEqual([
      'The load generator was saturated at max-concurrency 2: later results are not compared with these figures.',
      'The queue grew without end, or --abort-on ended trials at max-concurrency 4 and 8: later results are not compared with these figures.',
    ]);
  });
});
