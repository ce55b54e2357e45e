import { describe, expect, it } from 'vitest';
import { warningsOf } from '../../../../src/core/bench/result/assemble-result.js';
import type { Plan, Run } from '../../../../src/core/measurement/result-schema.js';
import { benchResult } from '../../../support/bench-result.js';

const { result } = benchResult({ settings: [{ maxConcurrency: 1 }, { maxConcurrency: 2 }] });

/** The same runs, changed. */
function runsWith(change: (run: Run) => Partial<Run>): Run[] {
  return result.runs.map((run) => ({ ...run, ...change(run) }));
}

/** The same runs with answers of that many tokens. */
function answersOf(tokens: number, more: Partial<Run> = {}): Run[] {
  return runsWith(({ rates }) => ({
    rates: { ...rates, output_tokens_per_second: rates.requests_per_second * tokens },
    ...more,
  }));
}

describe('warningsOf', () => {
  it('has none for a measurement as planned', () => {
    expect(warningsOf(result)).toEqual([]);
    expect(warningsOf({ ...result, runs: [] })).toEqual([]);
  });

  const obstinate = { ...result, plan: { ...result.plan, output_tokens: 64, ignore_eos: false } };

  it('mentions answers that are too short, and why', () => {
    expect(warningsOf({ ...obstinate, runs: answersOf(60) })).toEqual([]);
    expect(warningsOf({ ...obstinate, runs: answersOf(17.3) })).toEqual([
      'Answers had 17 tokens on average, not 64: the server cannot be told to go on after the end of a text.',
    ]);
  });

  it.each<[string, Partial<Run>]>([
    ['tokens were counted in chunks, which may have several', { output_tokens_source: 'chunks' }],
    ['nothing was answered', { requests: { ...requestsOf(0, 80) } }],
    ['many requests had no answer', { requests: { ...requestsOf(80, 20) } }],
  ])('does not blame the server for short answers if %s', (_, change) => {
    expect(warningsOf({ ...obstinate, runs: answersOf(17.3, change) })).toEqual([]);
  });

  it('does not blame the server for answers that were interrupted', () => {
    const [whole, short] = [answersOf(64), answersOf(17.3)];
    const runs = [...whole.slice(0, 1), ...short.slice(1)];
    expect(warningsOf({ ...obstinate, runs, interrupted: false })).toHaveLength(1);
    expect(warningsOf({ ...obstinate, runs, interrupted: true })).toEqual([]);
  });

  it.each<[string, Partial<Plan>]>([
    ['by --no-param', { no_param: ['ignore_eos'] }],
    ['by null in --extra-body', { extra_body: { ignore_eos: null } }],
  ])('names the parameter that was left out %s', (_, change) => {
    const plan = { ...obstinate.plan, ...change };
    expect(warningsOf({ ...obstinate, plan, runs: answersOf(17.3) })).toEqual([
      'Answers had 17 tokens on average, not 64: ignore_eos was left out, so they end where the model ends them.',
    ]);
  });

  it('does not blame a server that was told to go on', () => {
    const plan = { ...result.plan, output_tokens: 4096, ignore_eos: true };
    const [warning] = warningsOf({ ...result, plan, runs: answersOf(1234) });
    expect(warning).toMatch(/^Answers had 1200 tokens on average, not 4096: .*context/);
  });

  it('takes lengths as the plan has them, which may be text', () => {
    const short = { ...obstinate, runs: answersOf(10) };
    expect(warningsOf({ ...short, plan: { ...short.plan, output_tokens: '64' } })).toHaveLength(1);
    expect(warningsOf({ ...short, plan: { ...short.plan, output_tokens: '32-128' } })).toEqual([]);
  });
});

function requestsOf(completed: number, failed: number): Run['requests'] {
  const none = { refused: 0, timed_out: 0, reconnects: 0 };
  return { ...none, completed, failed, errors: failed === 0 ? {} : { http_500: failed }, examples: {} };
}
