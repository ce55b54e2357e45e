import { describe, expect, it } from 'vitest';
import type { BenchResult } from '../../../../../src/core/measurement/result-schema.js';
import type { SettingSummary } from '../../../../../src/core/measurement/settings/summarise.js';
import { renderReport } from '../../../../../src/core/report/bench/formats/terminal.js';
import { endingNote } from '../../../../../src/core/report/bench/notes/ending-note.js';
import { benchResult, type ResultDescription } from '../../../../support/bench-result.js';

type Settings = ResultDescription['settings'];

/** A result whose rates are this share of what Little's law says, and that has this end after the last request. */
function measured(share: number, settings: Settings = [{}], beside: Partial<BenchResult> = {}, endSeconds = 3) {
  const { result: described, summaries } = benchResult({ settings, plan: { duration_ms: 10_000 } });
  const runs = described.runs.map((run) => {
    return { ...run, window: { ...run.window, seconds: 10, span_seconds: 10 + endSeconds } };
  });
  const result = { ...described, runs };
  const slower = summaries.map(({ rates, ...summary }): SettingSummary => {
    return { ...summary, rates: { ...rates, requests_per_second: rates.requests_per_second * share } };
  });
  return { result: { ...result, ...beside }, summaries: slower };
}

function noteOf(...given: Parameters<typeof measured>): string {
  const { result, summaries } = measured(...given);
  return endingNote(result, summaries);
}

describe('the note on the end of a measurement', () => {
  it('says how much too low the rates are, and how long to measure', () => {
    expect(noteOf(0.88)).toBe(
      'Tokens/s and requests/s are up to 12 % too low: they include the end of a measurement, when no more requests are ' +
        'sent and the last ones are answered. For rates within 2 %, measure for about 1 min (-d).',
    );
    const { result, summaries } = measured(0.88);
    expect(renderReport(result, summaries, { colour: false, width: 100 })).toContain('12 % too low');
  });

  it('is missing if the share is small', () => {
    expect(noteOf(0.96)).toBe('');
    expect(noteOf(0.88, [{}], {}, 0.2)).toBe('');
  });

  it('names the settings', () => {
    expect(noteOf(0.9, [{ concurrency: 4 }, { concurrency: 8 }])).toMatch(/10 % too low at 4 and 8 clients:/);
  });

  it('does not miss requests that wait for a place: the server stays busy', () => {
    // Of 8 clients, 2 run and 6 wait; their waits are part of the end-to-end latency.
    const queueing = { concurrency: 8, maxConcurrency: 2, queueWaitMs: 600, prefillMs: 20, tpotMs: 2.86, spread: 0.01 };
    expect(noteOf(1, [queueing])).toBe('');
    expect(noteOf(0.85, [queueing])).toMatch(/1\d % too low/);
  });

  it('is missing where something else may be the reason, or both servers end in the same way', () => {
    expect(noteOf(0.8, [{ rate: 4, concurrency: null }])).toBe('');
    expect(noteOf(0.8, [{ errors: { http_500: 1 } }])).toBe('');
    expect(noteOf(0.8, [{}], { interrupted: true })).toBe('');
    const { result, summaries } = measured(0.8);
    const { target, runs } = result;
    expect(endingNote({ ...result, versus: { target, runs } }, summaries)).toBe('');
    expect(endingNote({ ...result, plan: { ...result.plan, think_time: '1s' } }, summaries)).toBe('');
    const open = runs.map((run) => ({
      ...run,
      checks: { ...run.checks, held_open: { answers: 3, mean_ms: 200 } },
    }));
    expect(endingNote({ ...result, runs: open }, summaries)).toBe('');
  });
});
