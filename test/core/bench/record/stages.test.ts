import { describe, expect, it } from 'vitest';
import type { CompletedRequest } from '../../../../src/core/bench/client/outcome.js';
import { reportedStages } from '../../../../src/core/bench/plan/stages.js';
import { RunRecorder } from '../../../../src/core/bench/record/run-recorder.js';
import type { TrendBin } from '../../../../src/core/bench/record/run-trend.js';
import { singleFilling } from '../../../../src/core/bench/result/overload.js';
import { stagesIn } from '../../../../src/core/bench/result/stage-figures.js';
import { partOf } from '../result/parts.js';

const second = 1_000_000;

/** Of four tokens, one per second, the first of which arrives a second after sending. */
function answer(intendedUs: number): CompletedRequest {
  const [firstTokenUs, lastTokenUs] = [intendedUs + second, intendedUs + 4 * second];
  return {
    status: 'completed',
    ...{ intendedUs, sendUs: intendedUs, firstTokenUs, lastTokenUs, endUs: lastTokenUs },
    ...{ reconnects: 0, tokenChunks: 4, gapsUs: [second, second, second], tokenCounts: null, unseenReasoning: 0 },
    ...{ promptTokens: 5, outputTokens: 4, cachedTokens: null, serverTimings: null },
  };
}

const steady = (fromRate: number, seconds: number) => ({ fromRate, toRate: fromRate, durationMs: seconds * 1000 });
const stages = [steady(1, 3), steady(2, 4)];

describe('the stages of a run', () => {
  it('have the requests that were due in them, and the tokens that arrived in them', () => {
    const recorder = new RunRecorder([], 0, { stagesMs: [3000, 4000] });
    for (const request of [answer(second), answer(2.9 * second), answer(6 * second)]) {
      recorder.begin(request.intendedUs);
      recorder.end(request);
    }
    const { groups } = { ...recorder.part(partOf().loopDelay) };
    const trend = { binUs: second, bins: [] };
    const run = stagesIn([partOf({ groups })], stages, { trend, filling: singleFilling, spanSeconds: 10 });
    const [first, last] = run.stages ?? [];
    // At 2 s; and at 3, 4, 5, at 3.9, 4.9, 5.9, 6.9 s. The first token of the third request comes when the stage is over.
    expect(first).toMatchObject({
      completed: 2,
      from_rate: 1,
      from_seconds: 0,
      to_seconds: 3,
      output_tokens_per_second: 1 / 3,
    });
    expect(last).toMatchObject({ completed: 1, unanswered: 0, from_seconds: 3, output_tokens_per_second: 7 / 4 });
  });

  it('are judged one by one', () => {
    const bin = (inFlight: number, ttftMs: number): TrendBin => ({
      ...{
        sent: 40,
        firstTokens: 40,
        ttftUs: 40 * ttftMs * 1000,
        streamUs: 0,
        inFlightUs: inFlight * second,
        judged: [],
        missed: [],
      },
    });
    const calm = Array.from({ length: 10 }, (_, index) => bin(5 + (index % 2), 100 + (index % 3)));
    const growing = Array.from({ length: 10 }, (_, index) => bin(5 + 20 * index, 100 + 500 * index));
    const trend = { binUs: second, bins: [...calm, ...growing, ...calm] };
    const plan = [steady(40, 10), steady(80, 10), { ...steady(40, 10), toRate: 10 }];
    const found = stagesIn([partOf()], plan, { trend, filling: singleFilling, spanSeconds: 30 }).stages ?? [];
    expect(found.map(({ overload }) => overload?.in_flight_per_second.slope)).toEqual([undefined, 20, undefined]);
  });

  it('are the quarters of a ramp', () => {
    const ramp = reportedStages([{ fromRate: 0, toRate: 20, durationMs: 60_000 }]);
    expect(ramp.map(({ fromRate, toRate }) => [fromRate, toRate])).toEqual([
      ...[[0, 5], [5, 10], [10, 15], [15, 20]], // prettier-ignore
    ]);
    expect(reportedStages(stages)).toBe(stages);
  });
});
