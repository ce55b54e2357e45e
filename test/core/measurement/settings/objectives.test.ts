import { describe, expect, it } from 'vitest';
import {
  goodputLimits,
  judgeObjectives,
  objectiveSentences,
  parseObjective,
} from '../../../../src/core/measurement/settings/objectives.js';
import { benchResult, type ResultDescription } from '../../../support/bench-result.js';

describe('parseObjective', () => {
  it.each([
    ['ttft.p95<500ms', { text: 'ttft.p95<500ms', metric: 'ttft', percentile: 'p95', belowMs: 500 }],
    ['e2e < 5s', { text: 'e2e<5s', metric: 'e2e', percentile: null, belowMs: 5000 }],
    [
      'queue_wait.p99.9<1m',
      { text: 'queue_wait.p99.9<1m', metric: 'queue_wait', percentile: 'p99_9', belowMs: 60_000 },
    ],
  ])('reads %s', (text, objective) => {
    expect(parseObjective(text)).toEqual(objective);
  });

  it.each(['', 'ttft', 'ttft<500', 'ttft>500ms', 'ttf<1s', 'ttft.p42<1s', 'ttft.mean<1s'])('refuses "%s"', (text) => {
    expect(() => parseObjective(text)).toThrow(expect.objectContaining({ code: 'usage' }));
  });
});

describe('goodput', () => {
  it('has the same limits whatever the order, the unit and the percentile', () => {
    expect(goodputLimits(['ttft.p95<500ms', 'e2e<5s'])).toEqual(goodputLimits(['e2e.p99<5000ms', 'ttft < 0.5s']));
    expect(goodputLimits(['ttft<500ms'])).not.toEqual(goodputLimits(['ttft<600ms']));
  });
});

type Setting = ResultDescription['settings'][number];

/** The verdicts on objectives at one setting with a TTFT of about 100 ms. */
function statuses(slo: readonly string[], setting: Partial<Setting> = {}): readonly string[] {
  const times = { completed: 300, queueWaitMs: 0, prefillMs: 100, deliveryMs: 0, spread: 0.1 };
  const { result, summaries } = benchResult({ settings: [{ ...times, ...setting }], plan: { slo: [...slo] } });
  return judgeObjectives(result, summaries).map(({ status }) => status);
}

describe('an objective', () => {
  it('with a percentile is about the merged histogram of a setting', () => {
    expect(statuses(['ttft.p50<110ms', 'ttft.p50<90ms', 'ttft.p95<110ms'])).toEqual(['met', 'missed', 'missed']);
  });

  it('without a percentile is about every single request', () => {
    expect(statuses(['ttft<200ms', 'ttft<110ms'])).toEqual(['met', 'missed']);
    expect(statuses(['ttft<200ms'], { errors: { timeout: 1 } })).toEqual(['missed']);
  });

  it('is judged at every setting', () => {
    const settings = [50, 200].map((prefillMs, index) => ({ maxConcurrency: index + 1, prefillMs, completed: 100 }));
    const { result, summaries } = benchResult({ settings, plan: { slo: ['ttft.p50<100ms'] } });
    const verdicts = judgeObjectives(result, summaries);
    expect(verdicts.map(({ status }) => status)).toEqual(['met', 'missed']);
    expect(objectiveSentences(verdicts)).toEqual([
      expect.stringMatching(
        /^Objective missed: ttft\.p50<100ms at 8 clients and max-concurrency 2: 1\d\d ms, not below 100 ms\.$/,
      ),
    ]);
  });

  it('counts requests without an answer as slower than any limit', () => {
    // 300 of 600 were answered: the p90 of all is unknown, and the p50 is the slowest answer.
    expect(statuses(['ttft.p90<1h', 'ttft.p50<1h'], { errors: { queue_full: 300 } })).toEqual(['missed', 'met']);
    expect(statuses(['ttft.p50<105ms'])).toEqual(['met']);
    expect(statuses(['ttft.p50<105ms'], { errors: { queue_full: 200 } })).toEqual(['missed']);
  });

  it('is judged by the buckets of a server that counts nothing else, with the unanswered as the slowest', () => {
    const setting = { completed: 300, queueWaitMs: 100, spread: 0.1, errors: { queue_full: 100 } };
    const { result, summaries } = benchResult({
      settings: [setting],
      queueWaitSource: 'aggregate',
      plan: { slo: ['queue_wait.p50<1h', 'queue_wait.p90<1h'] },
    });
    const [median, p90] = judgeObjectives(result, summaries);
    expect(median).toMatchObject({
      status: 'met',
      finding: expect.stringContaining('counting 100 requests') as string,
    });
    expect(p90).toMatchObject({ status: 'missed', cause: 'unanswered' });
  });

  it('cannot be judged with too few samples, or without any', () => {
    expect(statuses(['ttft.p99<1h'], { completed: 100 })).toEqual(['unknown']);
    expect(statuses(['ttft.p50<1h'], { completed: 0 })).toEqual(['unknown']);
    expect(statuses(['ttft.p50<1h'], { completed: 19 })).toEqual(['unknown']);
    expect(statuses(['ttft.p50<1h'], { completed: 19, errors: { timeout: 1 } })).toEqual(['unknown']);
    expect(statuses(['ttft.p50<1h'], { completed: 20 })).toEqual(['met']);
    expect(statuses(['ttft.p50<1h'], { completed: 0, errors: { queue_full: 1 } })).toEqual(['missed']);
  });

  it('is missed if few samples prove it, since nearly all of them are above the limit', () => {
    expect(statuses(['ttft.p95<50ms'], { completed: 10 })).toEqual(['missed']);
    expect(statuses(['ttft.p95<50ms'], { completed: 10, client: { cpu_share: 0.97 } })).not.toContain('met');
    expect(statuses(['ttft.p95<500ms'], { completed: 10 })).toEqual(['unknown']);
  });

  it('is missed by samples above the limit without what the load generator may have added, and says so', () => {
    const missed = (addedMs: number): string => {
      const client = { event_loop_delay_ms: { p50: addedMs, p99: addedMs, max: addedMs } };
      const setting = { completed: 12, queueWaitMs: 0, prefillMs: 100, deliveryMs: 0, spread: 0.3, client };
      const { result, summaries } = benchResult({ settings: [setting], plan: { slo: ['ttft.p95<80ms'] } });
      return judgeObjectives(result, summaries)[0]?.finding ?? '';
    };
    expect(missed(0)).toMatch(/^\d+ of 12 samples are not below 80 ms, which is too many whatever/);
    expect(missed(5)).toMatch(
      /^\d+ of 12 samples are not below 80 ms, even without 5\.\d\d ms that the load generator itself may have added, which/,
    );
  });

  it('is neither met nor missed for sure if the load was lighter than planned', () => {
    const client = { cpu_share: 0.97 };
    expect(statuses(['ttft.p50<110ms', 'ttft.p50<90ms'], { client })).toEqual(['unknown', 'unknown']);
  });

  it('may be met if only the load generator was too slow to tell times apart', () => {
    const client = { event_loop_delay_ms: { p50: 30, p99: 31, max: 31 } };
    const wide = { e2e: 1000, client };
    expect(statuses(['ttft.p50<1h', 'ttft.p50<90ms'], { client: wide.client })).toEqual(['met', 'unknown']);
  });

  it('is not missed for sure from the schedule if requests were sent late', () => {
    expect(statuses(['ttft_from_schedule.p50<110ms', 'ttft.p50<90ms'], { clientWaitMs: 30 })).toEqual([
      'unknown',
      'missed',
    ]);
  });

  it("is not missed for sure if the load generator's own delay may be the difference", () => {
    const client = { event_loop_delay_ms: { p50: 2, p99: 5, max: 20 } };
    expect(statuses(['ttft.p50<99ms', 'ttft.p50<90ms'], { client })).toEqual(['unknown', 'missed']);
  });
});
