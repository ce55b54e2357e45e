import { describe, expect, it } from 'vitest';
import { LatencyHistogram } from '../../../../../src/core/measurement/latency/histogram.js';
import { metricOf } from '../../../../../src/core/measurement/latency/metric.js';
import type { Plan } from '../../../../../src/core/measurement/result-schema.js';
import { columnsOf } from '../../../../../src/core/report/bench/columns.js';
import { loadShapeNotes } from '../../../../../src/core/report/bench/notes/load-shape-notes.js';
import { loadItems } from '../../../../../src/core/report/text/description.js';
import { benchResult } from '../../../../support/bench-result.js';
import type { SettingDescription } from '../../../../support/bench-result/description.js';

function notes(plan: Partial<Plan>, beside: NonNullable<SettingDescription['beside']>, trials = 1): readonly string[] {
  const { result, summaries } = benchResult({ settings: [{ rate: 5, completed: 90, beside }], plan, trials });
  return loadShapeNotes(result, summaries);
}

describe('what is reported apart', () => {
  it('says how many requests were held back, for how long, and what that means', () => {
    const [note] = notes({ max_in_flight: 8 }, { held_back: { requests: 30, mean_ms: 200, max_ms: 1400 } });
    expect(note).toBe(
      '30 of 90 requests were held back, for up to 1.40 s, because 8 were in flight; TTFT from schedule counts from when they were due.',
    );
    const nothing = notes({ max_in_flight: 8 }, { held_back: { requests: 0, mean_ms: 0, max_ms: 0 } });
    expect(nothing).toEqual(['No request was held back: there were never more than 8 to be in flight.']);
  });

  it('says how many clients left, over all trials, and that they are in no other figure', () => {
    const cancelled = { requests: 10, left: 7, left_before_first_token: 4, answered: 2, unanswered: 1 };
    expect(notes({ cancel: '10%@1s' }, { cancelled }, 2)).toEqual([
      'Of 20 clients that were to leave (10%@1s), 14 left, 8 of them before the first token; 4 had their answer by then; 2 had none. They are not part of any other figure.',
    ]);
  });

  it('has the TTFT of probes in columns of its own', () => {
    const histogram = new LatencyHistogram();
    for (let ms = 1; ms <= 25; ms += 1) histogram.record(ms * 1000);
    const probes = { completed: 25, unanswered: 1, ttft: metricOf(histogram) };
    const { result, summaries } = benchResult({ settings: [{ rate: 5, beside: { probes } }, { rate: 9 }] });
    const column = columnsOf(result, summaries).find(({ group }) => group.startsWith('probe TTFT'));
    expect(column?.cells).toEqual(['13.0', '–']);
    expect(loadShapeNotes(result, summaries)).toEqual([
      'Probes have one token and are not part of any other figure: 25 answers; 4 % had no answer.',
    ]);
  });

  it('is part of the description of the load', () => {
    const stages = [
      { from_rate: 2, to_rate: 2, duration_ms: 30_000 },
      { from_rate: 2, to_rate: 10, duration_ms: 60_000 },
    ];
    const plan: Partial<Plan> = {
      arrival: 'gamma',
      arrival_cv: 2,
      stages,
      max_in_flight: 8,
      cancel: '10%@1s',
      probe_rate: 1,
    };
    const { result } = benchResult({ settings: [{ rate: 4.67 }], plan });
    expect(loadItems(result.plan).slice(0, 3)).toEqual([
      'open loop, gamma (CV 2.00) arrivals at 2.00 requests/s for 30 s, then from 2.00 to 10.0 in 1 min, at most 8 in flight',
      '10 % of the clients leave after 1 s',
      '1.00 probes/s',
    ]);
  });
});
