import { describe, expect, it } from 'vitest';
import { usageOf, wholeAnswer } from '../../../../src/core/server/protocol/openai.js';

const timings = {
  queue_ms: 1,
  prefill_ms: 2,
  decode_ms: 3,
  prompt_tokens: 5,
  cached_tokens: 4,
  output_tokens: 7,
};

const head = { id: 'x-1', created: 99, model: 'm' };

describe('OpenAI answers', () => {
  it('counts prompt and output tokens, cached ones apart', () => {
    expect(usageOf(timings)).toEqual({
      prompt_tokens: 5,
      completion_tokens: 7,
      total_tokens: 12,
      prompt_tokens_details: { cached_tokens: 4 },
    });
  });

  it('writes a whole chat as one message', () => {
    expect(wholeAnswer('chat', head, 'hello', 'stop', timings)).toEqual({
      id: 'x-1',
      object: 'chat.completion',
      created: 99,
      model: 'm',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'hello', refusal: null },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: usageOf(timings),
      timings,
    });
  });

  it('writes a whole completion as text', () => {
    expect(wholeAnswer('completion', head, 'hello', 'length', timings)).toMatchObject({
      object: 'text_completion',
      choices: [{ index: 0, text: 'hello', logprobs: null, finish_reason: 'length' }],
    });
  });
});
