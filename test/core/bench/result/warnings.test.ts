import { describe, expect, it } from 'vitest';
import {
  cacheWarnings,
  type RequestFacts,
  warningsOf as requestWarnings,
} from '../../../../src/core/bench/result/request-warnings.js';
import type { Plan, Run } from '../../../../src/core/measurement/result-schema.js';
import { summarise } from '../../../../src/core/measurement/settings/summarise.js';
import { benchResult } from '../../../support/bench-result.js';

const usual: RequestFacts = { inFile: null, haveOwnLengths: false, serversGoOn: [false] };

const warningsOf = (of: Parameters<typeof requestWarnings>[0], facts: Partial<RequestFacts> = {}): string[] =>
  requestWarnings(of, { ...usual, ...facts });

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
      'Answers had 17 tokens on average, not 64: the server cannot be told to continue past the end of a text.',
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

  it.each<[string, Partial<Plan>]>([
    ['--extra-body limits them', { extra_body: { max_tokens: 16 } }],
    ['--extra-body limits them by another name', { extra_body: { max_completion_tokens: 16 } }],
    ['--extra-body stops them', { extra_body: { stop: ['.'] } }],
    ['--no-param leaves out how long they are to be', { no_param: ['max_tokens'] }],
  ])('does not blame the server for short answers if %s', (_, change) => {
    expect(warningsOf({ ...obstinate, plan: { ...obstinate.plan, ...change }, runs: answersOf(17.3) })).toEqual([]);
  });

  it('does not blame it for answers whose lengths a file of prompts decides', () => {
    expect(warningsOf({ ...obstinate, runs: answersOf(17.3) }, { haveOwnLengths: true })).toEqual([]);
  });

  it.each([
    [[true, false], 'one of the two servers cannot be told'],
    [[false, true], 'one of the two servers cannot be told'],
    [[false, false], 'the two servers cannot be told'],
  ])('says which of two servers it is: %j', (serversGoOn, reason) => {
    const [warning] = warningsOf({ ...obstinate, runs: answersOf(17.3) }, { serversGoOn });
    expect(warning).toContain(reason);
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

describe('cacheWarnings', () => {
  /** The runs of settings of which the server says such shares, or nothing. */
  const cached = (...shares: readonly (number | null)[]): readonly Run[] => {
    const settings = shares.map((_, index) => ({ maxConcurrency: 2 ** index, completed: 100 }));
    return benchResult({ settings }).result.runs.map((run, index) => {
      const share = shares[index] ?? null;
      const cache = { cached_tokens: 1000 * (share ?? 0), prompt_tokens: 1000, source: 'usage' as const };
      return { ...run, prompt_cache: share === null ? null : { ...cache, share } };
    });
  };
  const warnings = (runs: readonly Run[], inFile: number | null): string[] =>
    cacheWarnings(summarise(runs), runs, { ...usual, inFile });

  it('has one if settings differ in what was cached', () => {
    expect(warnings(cached(0.02, 0.03, 0.96), null)).toEqual([
      expect.stringMatching(
        /^Settings differ .*: 2 % at max-concurrency 1, 96 % at max-concurrency 4\. One that is faster/,
      ),
    ]);
    expect(warnings(cached(0.02, 0.06), 10)).toEqual([]);
  });

  it('has one if a file has fewer prompts than were sent, and nothing says what was cached', () => {
    expect(warnings(cached(null, null), 50)).toEqual([
      expect.stringMatching(
        /^The 50 prompts of the file were sent 4\.\d+ times on average, and the server does not say/,
      ),
    ]);
    expect(warnings(cached(null), 5000)).toEqual([]);
    expect(warnings(cached(null), null)).toEqual([]);
  });
});

function requestsOf(completed: number, failed: number): Run['requests'] {
  const none = { refused: 0, timed_out: 0, reconnects: 0 };
  return { ...none, completed, failed, errors: failed === 0 ? {} : { http_500: failed }, examples: {} };
}
