import { describe, expect, it } from 'vitest';
import type { CompletedRequest } from '../../../../src/core/bench/client/outcome.js';
import { AnswerCounter } from '../../../../src/core/bench/record/counters/answer-counts.js';
import { addUpAnswers, answerChecks, promptCacheIn } from '../../../../src/core/bench/result/answer-checks.js';
import { partOf } from './parts.js';

const none = new AnswerCounter().counts;

describe('what was noticed about answers', () => {
  it('is added up over the workers', () => {
    const one = partOf({ answers: { ...none, bursts: 2, heldOpen: 1, heldOpenUs: 200_000 } });
    const other = partOf({
      answers: {
        ...{ ...none, bursts: 1, heldOpen: 3, heldOpenUs: 1_000_000, hiddenTokens: 7 },
        ...{ contradicted: 1, contradictedTokens: 1, contradictedChunks: 64 },
      },
    });
    expect(answerChecks(addUpAnswers([one, other]))).toEqual({
      burst_answers: 3,
      hidden_reasoning_tokens: 7,
      contradicted_usage: { answers: 1, output_tokens: 1, text_chunks: 64 },
      held_open: { answers: 4, mean_ms: 300 },
    });
  });

  it('has chunks of several tokens whose number is only known together', () => {
    const request: CompletedRequest = {
      status: 'completed',
      ...{ intendedUs: 0, sendUs: 0, firstTokenUs: 1e5, lastTokenUs: 4e5, endUs: 4e5 },
      ...{ reconnects: 0, tokenChunks: 4, gapsUs: [1e5, 1e5, 1e5], tokenCounts: null, unseenReasoning: 0 },
      ...{ promptTokens: 5, outputTokens: 16, cachedTokens: null, serverTimings: null },
    };
    const checksOf = (...requests: readonly CompletedRequest[]): ReturnType<typeof answerChecks>['packed_chunks'] => {
      const counter = new AnswerCounter();
      for (const each of requests) counter.add(each);
      return answerChecks(counter.counts).packed_chunks;
    };
    expect(checksOf(request, request)).toEqual({ answers: 2, output_tokens: 32, text_chunks: 8 });
    expect(checksOf({ ...request, tokenCounts: [4, 8, 12, 16] })).toBeUndefined();
    expect(checksOf({ ...request, outputTokens: 5 })).toBeUndefined();
    expect(checksOf({ ...request, outputTokens: null })).toBeUndefined();
    expect(checksOf({ ...request, tokenChunks: 1, gapsUs: [], isWhole: true })).toBeUndefined();
  });

  it('has no mean of nothing', () => {
    expect(answerChecks(none).held_open).toEqual({ answers: 0, mean_ms: null });
  });
});

describe('the prompt cache of a run', () => {
  const counted = { cachedTokens: 30, promptTokens: 40 };

  it('is what answers say, where those that say nothing had nothing cached', () => {
    const answers = { ...none, promptTokens: 400, cachedTokens: 100, cachedByUsage: 1, cachedByTimings: 1 };
    const usage = { cached_tokens: 100, prompt_tokens: 400, share: 0.25, source: 'usage' };
    expect(promptCacheIn(answers, counted)).toEqual(usage);
    expect(promptCacheIn({ ...answers, cachedByUsage: 0 }, null)).toEqual({ ...usage, source: 'timings' });
  });

  it('is what the server counted if no answer says', () => {
    const answers = { ...none, promptTokens: 400 };
    const aggregate = { cached_tokens: 30, prompt_tokens: 40, share: 0.75, source: 'aggregate' };
    expect(promptCacheIn(answers, counted)).toEqual(aggregate);
    expect(promptCacheIn(answers, null)).toBeNull();
  });
});
