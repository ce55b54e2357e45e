import { describe, expect, it } from 'vitest';
import { newAnswer } from '../../../../console/src/chat/conversation/answer.js';
import { timelineOf } from '../../../../console/src/chat/conversation/timeline.js';

const sent = newAnswer(null, 1000);
const timings = {
  queueMs: 100,
  prefillMs: 300,
  decodeMs: 500,
  promptTokens: 9,
  cachedTokens: 4,
  outputTokens: 11,
};

describe('where the time of an answer went', () => {
  it('is unknown before the first token', () => {
    expect(timelineOf(sent)).toBeNull();
  });

  it('is what the server measured', () => {
    expect(timelineOf({ ...sent, timings, firstAtMs: 1, lastAtMs: 2 })).toEqual({
      stages: [
        { name: 'queue', ms: 100 },
        { name: 'prefill', ms: 300 },
        { name: 'decode', ms: 500 },
      ],
      ttftMs: 400,
      // Ten tokens came during the decode; the first one belongs to the prefill.
      tokensPerSecond: 20,
      tokens: { prompt: 9, cached: 4, output: 11 },
    });
  });

  it('is what the browser saw, where the server said nothing', () => {
    expect(timelineOf({ ...sent, firstAtMs: 1400, lastAtMs: 1900, pieces: 6 })).toEqual({
      stages: [
        { name: 'ttft', ms: 400 },
        { name: 'decode', ms: 500 },
      ],
      ttftMs: 400,
      tokensPerSecond: 10,
      tokens: null,
    });
  });

  it('has no rate with a single token', () => {
    expect(timelineOf({ ...sent, timings: { ...timings, outputTokens: 1, decodeMs: 0 } })?.tokensPerSecond).toBeNull();
  });
});
