import { describe, expect, it } from 'vitest';
import type { Run, RunChecks, Saturation } from '../../../../src/core/measurement/result-schema.js';
import { streamWarnings } from '../../../../src/core/measurement/validity/stream-warnings.js';
import { truthWarnings } from '../../../../src/core/report/bench/notes/warnings.js';
import { benchResult } from '../../../support/bench-result.js';

/** Two settings of 100 answers each; the checks are those of the first. */
function runsWith(checks: Partial<RunChecks>, stallMs = 1): Run[] {
  const settings = [
    { maxConcurrency: 1, completed: 100, client: { event_loop_delay_ms: { p50: 1, p99: stallMs, max: 90 } } },
    { maxConcurrency: 2, completed: 100 },
  ];
  const { runs } = benchResult({ settings }).result;
  return runs.map((run, index) => (index === 0 ? { ...run, checks: { ...run.checks, ...checks } } : run));
}

function warningsOf(checks: Partial<RunChecks>): string[] {
  return streamWarnings(runsWith(checks));
}

describe('warnings about the form of answers', () => {
  it('are none without a reason, also in results of earlier versions', () => {
    const held = { answers: 0, mean_ms: null };
    const usage = { answers: 0, output_tokens: 0, text_chunks: 0 };
    expect(warningsOf({})).toEqual([]);
    expect(
      warningsOf({ burst_answers: 0, hidden_reasoning_tokens: 0, contradicted_usage: usage, held_open: held }),
    ).toEqual([]);
  });

  it('name bursts from 10 % of the answers of a setting on', () => {
    expect(warningsOf({ burst_answers: 9 })).toEqual([]);
    expect(warningsOf({ burst_answers: 10 })).toEqual([expect.stringMatching(/^In 10 of 200 answers, .* one burst/)]);
  });

  it('judge the trials of a setting together, since a few answers are much of a short one', () => {
    const { runs } = benchResult({ settings: [{ completed: 12 }], trials: 10 }).result;
    const withBursts = (counts: readonly number[]): readonly string[] =>
      streamWarnings(runs.map((run, at) => ({ ...run, checks: { ...run.checks, burst_answers: counts[at] ?? 0 } })));
    expect(withBursts([3, 2])).toEqual([]);
    expect(withBursts([3, 2, 4, 3])).toEqual([expect.stringMatching(/^In 12 of 120 answers, .* one burst/)]);
  });

  it('name a busy machine as well, unless nearly all answers came in bursts', () => {
    const [few = '', all = ''] = [40, 95].flatMap((count) => warningsOf({ burst_answers: count }));
    expect(few).toContain('as from a proxy that buffers, or a server whose machine is busy: ');
    expect(all).toContain('as from a proxy that buffers: ');
  });

  it('do not blame a proxy for the stalls of the load generator', () => {
    expect(streamWarnings(runsWith({ burst_answers: 49 }, 60))).toEqual([]);
    const [warning = '', ...more] = streamWarnings(runsWith({ burst_answers: 50 }, 60));
    expect(more).toEqual([]);
    expect(warning).toMatch(
      /^In 50 of 200 answers, all tokens arrived in one burst, but the load generator itself was late: /,
    );
    expect(warning).toContain('and noticed 1 % of events 60.0 ms late or later');
    expect(warning).not.toContain('proxy');
  });

  it('do not blame a proxy for a delay that is as long as a short answer', () => {
    const short = (tokens: number): readonly string[] =>
      streamWarnings(
        runsWith({ burst_answers: 20 }, 12).map((run) => ({
          ...run,
          rates: { ...run.rates, output_tokens_per_second: tokens * run.rates.requests_per_second },
          metrics: { ...run.metrics, tpot: { ...run.metrics.tpot, mean: 2 } },
        })),
      );
    expect(short(9)).toEqual([expect.stringContaining('the load generator itself was late')]);
    expect(short(90)).toEqual([expect.stringContaining('a proxy that buffers')]);
  });

  it('say how busy the load generator was, if it used all of its core', () => {
    const busy = (saturation: readonly Saturation[]): readonly string[] =>
      streamWarnings(
        runsWith({ burst_answers: 20 }).map((run) => ({
          ...run,
          client: { ...run.client, cpu_share: 0.97, saturated: true, saturation: [...saturation] },
        })),
      );
    expect(busy(['cpu', 'late-sends'])).toEqual([expect.stringContaining('it used up to 97 % of a core')]);
    expect(busy(['ttft-error'])).toEqual([expect.stringContaining('a proxy that buffers')]);
  });

  it('blame a proxy if it buffers where the load generator has time, too', () => {
    const [busy, calm] = [runsWith({ burst_answers: 90 }, 60), runsWith({ burst_answers: 90 })];
    expect(streamWarnings([...busy, ...calm])).toEqual([expect.stringContaining('a proxy that buffers')]);
  });

  it('name reasoning that was not streamed', () => {
    expect(warningsOf({ hidden_reasoning_tokens: 5000 })).toEqual([
      expect.stringMatching(/^The server counts 25\.0 reasoning tokens per answer/),
    ]);
  });

  it('does not say that chunks were counted where answers came as a whole', () => {
    const usage = { answers: 200, output_tokens: 0, text_chunks: 200 };
    const { result } = benchResult({ settings: [{ completed: 200, outputTokensSource: 'none' }] });
    const runs = result.runs.map((run) => ({ ...run, checks: { ...run.checks, contradicted_usage: usage } }));
    expect(streamWarnings(runs)).toEqual([
      'The usage of all 200 answers cannot be true: it has 0 output tokens for answers with text. Their tokens are not counted.',
    ]);
  });

  it('name a usage that cannot be true, instead of one that is missing', () => {
    const checks = { contradicted_usage: { answers: 100, output_tokens: 100, text_chunks: 6400 } };
    const runs = runsWith(checks).map((run, index) => {
      return index === 0 ? { ...run, output_tokens_source: 'chunks' as const } : run;
    });
    const { result } = benchResult({ settings: [{}] });
    expect(truthWarnings({ ...result, runs })).toEqual([
      expect.stringMatching(/^The usage of 100 of 200 answers cannot be true: .* 100 output tokens for 6400 chunks/),
    ]);
  });

  it('say by how much TPOT is too low where the first of large chunks was taken for one token', () => {
    expect(warningsOf({ packed_chunks: { answers: 100, output_tokens: 6400, text_chunks: 1600 } })).toEqual([
      'The server puts 4.00 tokens into a chunk on average, and does not say how many are in the first one. ' +
        'It was taken to have one, so that TPOT is too low by about 5 %.',
    ]);
    expect(warningsOf({ packed_chunks: { answers: 9, output_tokens: 576, text_chunks: 144 } })).toEqual([]);
  });

  it('name responses that were held open, and for how long', () => {
    expect(warningsOf({ held_open: { answers: 9, mean_ms: 9000 } })).toEqual([]);
    expect(warningsOf({ held_open: { answers: 100, mean_ms: 2000 } })).toEqual([
      expect.stringMatching(
        /^The server kept the responses of 100 of 200 answers open for 2\.00 s on average after the last text, /,
      ),
    ]);
  });
});
