import { generateText, streamText } from 'ai';
import type OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { anthropic, compatible, openai } from '../../support/clients/ai-providers.js';
import { openaiClient, userSays } from '../../support/clients/openai-suite.js';
import { proves } from '../../support/clients/proofs.js';
import { nonsense, Served } from '../../support/clients/served.js';
import { thinkingTemplate } from '../../support/clients/thinking-template.js';

/** Thoughts end when their budget is used up, and answers soon after. */
const lengths = { thinking_budget: 12, ignore_eos: true };

describe('thoughts', () => {
  const served = new Served(nonsense({ chatTemplate: thinkingTemplate }));

  it('reach the openai client beside the text of a chat', proves('openai: chat', 'reasoning'), async () => {
    const request = { model: served.model, messages: userSays('Hello!'), max_tokens: 30, ...lengths };
    const thinking = { reasoning_effort: 'low' as const };
    const { choices, usage } = await openaiClient(served).chat.completions.create({ ...request, ...thinking });
    expect(choices[0]?.message).toHaveProperty('reasoning_content', expect.stringMatching(/./));
    expect(choices[0]?.message.content).not.toBe('');
    expect(usage?.completion_tokens_details?.reasoning_tokens).toBeGreaterThan(10);
  });

  it('reach the openai client as items of a response', proves('openai: responses', 'reasoning'), async () => {
    const request = { input: 'Hello!', max_output_tokens: 30, reasoning: { effort: 'low' as const }, ...lengths };
    const { responses } = openaiClient(served);
    const whole = await responses.create(request);
    expect(whole.output.map(({ type }) => type)).toEqual(['reasoning', 'message']);
    expect(whole.usage?.output_tokens_details.reasoning_tokens).toBeGreaterThan(10);
    let thought = '';
    const stream = responses.stream(request).on('response.reasoning_text.delta', ({ delta }) => (thought += delta));
    const streamed: OpenAI.Responses.ResponseOutputItem | undefined = (await stream.finalResponse()).output[0];
    expect(streamed).toMatchObject({ type: 'reasoning', content: [{ type: 'reasoning_text', text: thought }] });
  });

  describe.each([compatible, anthropic])('$id', ({ id, model, thinking }) => {
    it('reach the AI SDK, whole and streamed', proves(id, 'reasoning'), async () => {
      const common = { model: model(served), maxOutputTokens: 40, maxRetries: 0 };
      const request = { ...common, prompt: 'Hello!', providerOptions: thinking };
      for (const result of [await generateText(request), streamText(request)]) {
        expect(await result.reasoningText).toMatch(/./);
        expect((await result.usage).outputTokenDetails.reasoningTokens).toBeGreaterThan(0);
      }
    });
  });

  // It shows only summaries of thoughts, and there are none.
  it('are counted by the AI SDK with the Responses API', async () => {
    const common = { model: openai.model(served), maxOutputTokens: 40, maxRetries: 0 };
    const { usage } = await generateText({ ...common, prompt: 'Hello!', providerOptions: openai.thinking });
    expect(usage.outputTokenDetails.reasoningTokens).toBeGreaterThan(0);
  });
});
