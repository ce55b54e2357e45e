import { describe, expect, it } from 'vitest';
import { notesBelow } from '../../../../../src/core/report/bench/notes/notes.js';
import { truthWarnings } from '../../../../../src/core/report/bench/notes/warnings.js';
import { benchResult } from '../../../../support/bench-result.js';

describe('requests that were sent again', () => {
  const { result, summaries } = benchResult({ settings: [{ maxConcurrency: 1 }, { maxConcurrency: 2 }] });
  const reconnecting = (reconnects: number): string =>
    notesBelow(
      result,
      summaries.map((summary) => ({ ...summary, requests: { ...summary.requests, reconnects } })),
      null,
    ).join(' ');

  it('are a note below the table, and no reason to doubt the figures', () => {
    expect(reconnecting(3)).toContain(
      'The server closed kept-alive connections between requests; 6 requests were sent again on new ones.',
    );
    expect([...truthWarnings(result), ...result.warnings]).toEqual([]);
  });

  it('are not mentioned if there are none', () => {
    expect(reconnecting(0)).not.toContain('sent again');
  });
});

describe('the notes on a server that was lost', () => {
  const { result, summaries } = benchResult({ settings: [{ maxConcurrency: 1, completed: 30 }] });
  const [summary] = summaries;
  if (summary === undefined) throw new Error('there is no setting');
  const reconnected = [{ ...summary, requests: { ...summary.requests, reconnects: 1 } }];

  it('neither explain its connections nor advise to measure it longer', () => {
    const whole = notesBelow(result, reconnected, null).join(' ');
    expect(whole).toContain('A p95 needs 200 requests');
    expect(whole).toContain('was sent again');
    const ended_early = { cause: 'target-lost', message: 'It cannot be reached.', server: null } as const;
    const lost = notesBelow({ ...result, ended_early }, reconnected, null).join(' ');
    expect(lost).not.toMatch(/A p95 needs|sent again/);
  });
});

describe('the note on how long to measure for a p95', () => {
  const { result, summaries } = benchResult({
    settings: [{ completed: 50 }],
    plan: { duration_ms: 20_000, requests: null },
  });
  const runs = result.runs.map((run) => ({ ...run, window: { ...run.window, seconds: 1.9, span_seconds: 2 } }));

  it('counts with the planned duration', () => {
    expect(notesBelow(result, summaries, null).join(' ')).toContain('measure for about 1.4 min (-d).');
  });

  it('counts with the time that was measured if a bench was stopped', () => {
    const stopped = { ...result, runs, interrupted: true };
    expect(notesBelow(stopped, summaries, null).join(' ')).toContain('measure for about 8 s (-d).');
  });
});
