import { describe, expect, it } from 'vitest';
import { parseAbortRule } from '../../../../src/core/bench/plan/abort-rules.js';
import type { TrendBin } from '../../../../src/core/bench/record/run-trend.js';
import { singleFilling } from '../../../../src/core/bench/result/overload.js';
import { abortReason, type RunningRun } from '../../../../src/core/bench/run/abort.js';
import { parseObjective } from '../../../../src/core/measurement/settings/objectives.js';

const growing: readonly TrendBin[] = Array.from({ length: 20 }, (_, second) => ({
  ...{ sent: 40, firstTokens: 40, judged: [40], missed: [second < 5 ? 0 : 40] },
  ...{ ttftUs: 40 * second * 100_000, streamUs: 0, inFlightUs: second * 10 * 1e6 },
}));

function runOf(
  run: Partial<RunningRun> & { readonly completed?: number; readonly unanswered?: number; readonly heldBack?: number },
): RunningRun {
  const { completed = 100, unanswered = 0, heldBack = 0, ...rest } = run;
  const trend = { binUs: 1e6, bins: growing };
  const trackedObjectives = [parseObjective('ttft.p95<500ms')];
  return {
    snapshots: [{ completed, unanswered, heldBack, trend }],
    elapsedShare: 0.6,
    measuredMs: 20_000,
    isOpenLoop: true,
    filling: singleFilling,
    trackedObjectives,
    ...rest,
  };
}

describe('--abort-on', () => {
  it.each(['overload', 'errors', 'errors:2.5%', 'slo'])('takes %s', (text) => {
    expect(parseAbortRule(text)).toMatchObject({ text });
  });

  it.each(['', 'error', 'errors:', 'errors:0%', 'errors:100%', 'overload:5%'])('refuses "%s"', (text) => {
    expect(() => parseAbortRule(text)).toThrow('is not a reason to end a run');
  });

  it('ends an open loop whose queue grows without end, after half of its time and when it has filled up', () => {
    const rules = [parseAbortRule('overload')];
    expect(abortReason(rules, runOf({}))).toBe('overload');
    expect(abortReason(rules, runOf({ elapsedShare: 0.4 }))).toBeNull();
    expect(abortReason(rules, runOf({ isOpenLoop: false }))).toBeNull();
    const trend = { binUs: 1e6, bins: growing.map((bin) => ({ ...bin, streamUs: 40 * 8e6 })) };
    expect(
      abortReason(rules, runOf({ snapshots: [{ completed: 100, unanswered: 0, heldBack: 0, trend }] })),
    ).toBeNull();
  });

  it('ends a run in which too many requests have no answer, of at least 20', () => {
    const rules = [parseAbortRule('errors:10%')];
    expect(abortReason(rules, runOf({ completed: 80, unanswered: 20 }))).toBe('errors:10%');
    expect(abortReason(rules, runOf({ completed: 95, unanswered: 5 }))).toBeNull();
    expect(abortReason(rules, runOf({ completed: 0, unanswered: 10 }))).toBeNull();
  });

  it('ends a run in which so many were too slow that an objective is missed whatever follows', () => {
    const rules = [parseAbortRule('slo')];
    expect(abortReason(rules, runOf({}))).toBe('slo');
    expect(abortReason(rules, runOf({ trackedObjectives: [] }))).toBeNull();
  });

  it('knows how many requests follow where their number ends the run', () => {
    const rules = [parseAbortRule('slo')];
    const counted = { elapsedShare: null, sentShare: null };
    expect(abortReason(rules, runOf(counted))).toBeNull();
    // 600 of 800 were too slow.
    expect(abortReason(rules, runOf({ ...counted, requests: 11_000 }))).toBe('slo');
    expect(abortReason(rules, runOf({ ...counted, requests: 13_000 }))).toBeNull();
  });

  it('counts requests that are held back among those that follow', () => {
    const rules = [parseAbortRule('slo')];
    // 600 of 800 were too slow, which is lost unless there are 12,000 or more.
    const early = { elapsedShare: 0.07, sentShare: 0.07 };
    expect(abortReason(rules, runOf(early))).toBe('slo');
    expect(abortReason(rules, runOf({ ...early, heldBack: 39 }))).toBe('slo');
    expect(abortReason(rules, runOf({ ...early, heldBack: 41 }))).toBeNull();
  });

  it('judges gaps between chunks by how many there will be', () => {
    const bins = Array.from({ length: 10 }, () => ({
      ...{ sent: 10, firstTokens: 10, judged: [1000], missed: [5] },
      ...{ ttftUs: 0, streamUs: 0, inFlightUs: 0 },
    }));
    const gaps = (missed: number): string | null =>
      abortReason(
        [parseAbortRule('slo')],
        runOf({
          trackedObjectives: [parseObjective('chunk_gap.p99<100ms')],
          elapsedShare: 0.5,
          snapshots: [
            {
              completed: 100,
              unanswered: 0,
              heldBack: 0,
              trend: { binUs: 1e6, bins: bins.map((bin) => ({ ...bin, missed: [missed] })) },
            },
          ],
        }),
      );
    // Of 20,000 gaps, 200 may be too long.
    expect(gaps(15)).toBeNull();
    expect(gaps(25)).toBe('slo');
  });
});
