import { describe, expect, it } from 'vitest';
import { LatencyHistogram } from '../../../../../src/core/measurement/latency/histogram.js';
import type { ClientHealth } from '../../../../../src/core/measurement/result-schema.js';
import { otherWarnings, truthWarnings } from '../../../../../src/core/report/bench/notes/warnings.js';
import { benchResult, type ResultDescription } from '../../../../support/bench-result.js';
import type { SettingDescription } from '../../../../support/bench-result/description.js';

/** A load generator that was always this late. */
function delayOf(ms: number): Pick<ClientHealth, 'event_loop_delay_ms' | 'event_loop_delay_histogram'> {
  const delays = new LatencyHistogram();
  for (let i = 0; i < 100; i += 1) delays.record(ms * 1000);
  return {
    event_loop_delay_ms: { p50: ms, p99: ms, max: ms, mean: ms },
    event_loop_delay_histogram: delays.encode(),
  };
}

describe('warnings about the truth of figures', () => {
  it('are none in a good result', () => {
    expect(truthWarnings(benchResult({ settings: [{}] }).result)).toEqual([]);
  });

  it('say where the load generator was saturated, and by how much', () => {
    const client: Partial<ClientHealth> = { saturated: true, saturation: ['cpu'], cpu_share: 0.97 };
    const { result } = benchResult({ settings: [{ maxConcurrency: 1 }, { maxConcurrency: 2, client }], trials: 2 });
    expect(truthWarnings(result)).toEqual([
      expect.stringMatching(
        /saturated at max-concurrency 2: it used 97 % of a core\. All latencies and rates are in doubt\. Use fewer/,
      ),
    ]);
  });

  it('do not advise a lighter load if other programs made it late', () => {
    const client: Partial<ClientHealth> = { saturated: true, saturation: ['late-sends'], cpu_share: 0.07 };
    const { result } = benchResult({ settings: [{ concurrency: 1, client }] });
    expect(truthWarnings(result)[0]).toMatch(
      / are in doubt\. It used only 7 % of a core: stop other programs, or use another machine\.$/,
    );
  });

  it('advise a lower rate where there are no clients to reduce', () => {
    const client: Partial<ClientHealth> = { saturated: true, saturation: ['cpu'], cpu_share: 0.97 };
    const { result } = benchResult({ settings: [{ rate: 4, concurrency: null, client }] });
    expect(truthWarnings(result)[0]).toMatch(/ Use a lower rate, more --workers, or another machine\.$/);
  });

  it('name the figures that a saturated load generator touches, and no others', () => {
    const client: Partial<ClientHealth> = { saturated: true, saturation: ['ttft-error'], ...delayOf(20) };
    const warning = (queueWaitSource: 'measured' | 'derived'): string | undefined =>
      truthWarnings(benchResult({ settings: [{ client }], queueWaitSource }).result)[0];
    expect(warning('measured')).toContain('Only these figures are in doubt: TTFT, TTFT from schedule and delivery.');
    expect(warning('derived')).toContain(
      'Only these figures are in doubt: TTFT, TTFT from schedule, queue wait and delivery.',
    );
  });

  it('say how late it was if that is a noticeable part of TTFT', () => {
    const late = (mean: number): string[] => {
      const client = delayOf(mean);
      return truthWarnings(benchResult({ settings: [{ maxConcurrency: 2, prefillMs: 100, client }] }).result);
    };
    expect(late(0.1)).toEqual([]);
    // As in a comparison of the same file.
    expect(late(1.5)).toEqual([]);
    expect(late(3)).toEqual([expect.stringContaining('noticed events up to 3.00 ms late on average')]);
    expect(late(90)).toEqual([expect.stringContaining('noticed events up to 90.0 ms late on average')]);
  });

  it('judge the trials of a setting together, as a comparison does', () => {
    const { result } = benchResult({ settings: [{ maxConcurrency: 2, prefillMs: 100 }], trials: 20 });
    const late: Partial<ClientHealth> = { saturated: true, saturation: ['ttft-error'], ...delayOf(80) };
    const warnings = (lateTrials: number): string[] => {
      const runs = result.runs.map((run, index) => {
        const client = { ...run.client, ...delayOf(0.1), ...(index < lateTrials ? late : {}) };
        return { ...run, client };
      });
      return truthWarnings({ ...result, runs });
    };
    expect(warnings(0)).toEqual([]);
    expect(warnings(1)).toEqual([expect.stringContaining('noticed events up to 4.10 ms late on average')]);
    expect(warnings(20)).toEqual([expect.stringContaining('saturated at max-concurrency 2: its own delay is larger')]);
  });

  it("name Little's law only beyond 5 %, in either direction", () => {
    const warnings = (littlesLawError: number): string[] =>
      truthWarnings(benchResult({ settings: [{ littlesLawError }] }).result);
    expect(warnings(0.05)).toEqual([]);
    expect(warnings(-0.12)).toEqual([expect.stringContaining("Little's law is off by up to 12 %")]);
  });

  it("judge Little's law by all trials of a setting, since a short one may be off by chance", () => {
    const { result } = benchResult({ settings: [{}], trials: 4 });
    const warnings = (errors: readonly number[]): string[] =>
      truthWarnings({
        ...result,
        runs: result.runs.map((run, at) => ({
          ...run,
          checks: { ...run.checks, littles_law_error: errors[at] ?? 0 },
        })),
      });
    expect(warnings([0.14, 0.01, 0.02, 0])).toEqual([]);
    expect(warnings([0.14, 0.12, 0, 0])).toEqual([expect.stringContaining('off by up to 7 %')]);
  });

  it("do not name Little's law where something else disturbed it", () => {
    const warnings = (description: Partial<ResultDescription>, setting: SettingDescription = {}): string[] =>
      truthWarnings(benchResult({ settings: [{ littlesLawError: 0.4, ...setting }], ...description }).result);
    const named = expect.stringContaining("Little's law") as string;
    expect(warnings({})).toEqual([named]);
    expect(warnings({ interrupted: true })).not.toContainEqual(named);
    expect(warnings({}, { completed: 0, errors: { http_500: 80 } })).not.toContainEqual(named);
    expect(warnings({}, { completed: 80, errors: { http_500: 8 } })).toEqual([named]);
    expect(warnings({}, { completed: 80, errors: { http_500: 9 } })).not.toContainEqual(named);
    expect(warnings({ trials: 2, interrupted: true })).toContainEqual(named);
  });

  it('say how many requests had no answer if they are more than a tenth, and most often why', () => {
    const warnings = (...errors: readonly Readonly<Record<string, number>>[]): string[] =>
      truthWarnings(
        benchResult({
          settings: errors.map((each, index) => ({ completed: 90, maxConcurrency: 2 ** index, errors: each })),
        }).result,
      );
    expect(warnings({ queue_full: 10 }, {})).toEqual([]);
    expect(warnings({ queue_full: 11, timeout: 199 }, { http_500: 3 })).toEqual([
      '70 % of the requests had no answer at max-concurrency 1, most often because of timeout: the figures describe only the rest.',
    ]);
    expect(warnings({ queue_full: 90 }, { queue_full: 30, timeout: 60 })).toEqual([
      'Up to 50 % of the requests had no answer at max-concurrency 1 and 2, most often because of queue_full: the figures describe only the rest.',
    ]);
  });

  it('say that tokens are chunks', () => {
    const { result } = benchResult({ settings: [{ outputTokensSource: 'chunks' }] });
    expect(truthWarnings(result)).toEqual([expect.stringContaining('each chunk was counted as one token')]);
  });

  it('say in how many settings tokens are chunks if not in all', () => {
    const { result } = benchResult({
      settings: [{ maxConcurrency: 1 }, { maxConcurrency: 2, outputTokensSource: 'mixed' }],
    });
    expect(truthWarnings(result)).toEqual([expect.stringContaining('usage in 1 setting:')]);
  });

  it('say that streams were compressed', () => {
    const { result } = benchResult({ settings: [{ maxConcurrency: 1 }, { maxConcurrency: 2 }] });
    const runs = result.runs.map((run) => ({ ...run, content_encoding: 'gzip' }));
    expect(truthWarnings({ ...result, runs })).toEqual([
      expect.stringMatching(/^The server compressed its streams \(gzip\): .*"accept-encoding: identity"/),
    ]);
  });

  it('say first, and once, that a target was lost, and not that it was interrupted', () => {
    const lost = { cause: 'target-lost', server: 'candidate', message: 'http://127.0.0.1:8000 was lost.' } as const;
    for (const count of [1, 3]) {
      const settings = Array.from({ length: count }, (_, index) => ({ rate: index + 1 }));
      const warnings = ['The bench ended early: http://127.0.0.1:8000 was lost.'];
      const { result } = benchResult({ settings, warnings });
      const ended = { ...result, interrupted: true, ended_early: lost };
      expect(truthWarnings(ended)).toEqual(warnings);
      expect(otherWarnings(ended)).toEqual([]);
    }
  });

  it("say by which flag to measure for longer where Little's law is off", () => {
    const { result } = benchResult({ settings: [{}] });
    const runs = result.runs.map((run) => ({ ...run, checks: { ...run.checks, littles_law_error: 0.2 } }));
    const advice = (plan: Partial<typeof result.plan>): string | undefined =>
      truthWarnings({ ...result, runs, plan: { ...result.plan, ...plan } })[0]?.split('in flight. ')[1];
    expect(advice({})).toBe('Measure for longer (-d).');
    expect(advice({ duration_ms: null, requests: 50 })).toBe('Measure more requests (-r).');
  });

  it('say that it was interrupted, and that nothing was completed', () => {
    const { result } = benchResult({ settings: [{ completed: 0 }], interrupted: true });
    expect(truthWarnings(result)).toEqual([
      'Interrupted: stopped after 1 run, before everything was measured.',
      'No request was completed, so there is no latency to show.',
    ]);
  });
});

describe('other warnings', () => {
  it("are the result's own, unless they are already shown", () => {
    const { result } = benchResult({ settings: [{}], interrupted: true, warnings: ['Strange\nclocks.'] });
    const warnings = [...result.warnings, ...truthWarnings(result)];
    expect(otherWarnings({ ...result, warnings })).toEqual(['Strange clocks.']);
  });
});
