import Anthropic from '@anthropic-ai/sdk';
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod';
import { zodResponsesFunction, zodTextFormat } from 'openai/helpers/zod';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { until } from '../until.js';
import { openaiClient } from './openai-suite.js';
import { proves } from './proofs.js';
import type { Served } from './served.js';
import { brief, city, essay, essayTokens, report } from './shapes.js';

const question = 'What is the weather in Oslo?';

export function anthropicClient(served: Served): Anthropic {
  return new Anthropic({ baseURL: served.url, apiKey: 'none', maxRetries: 0 });
}

function anthropicTool(name: string, shape: z.ZodType): Anthropic.Tool {
  return { name, input_schema: { ...z.toJSONSchema(shape), type: 'object' } };
}

/** What must hold with any model for the APIs of OpenAI and Anthropic besides chat completions, with their own clients. */
export function officialWithModel(served: Served): void {
  describe('responses', () => {
    it('call a function and go on with its result', proves('openai: responses', 'tools', 'turns'), async () => {
      const { responses } = openaiClient(served);
      const tools = [zodResponsesFunction({ name: 'get_weather', parameters: city })];
      const asked = { model: served.model, input: question, tools, parallel_tool_calls: false, max_output_tokens: 300 };
      const first = await responses.stream({ ...asked, tool_choice: 'required' }).finalResponse();
      const call = first.output.find((item) => item.type === 'function_call');
      if (call === undefined) throw new Error('There is no call.');
      expect(city.safeParse(JSON.parse(call.arguments)).success).toBe(true);
      const result = { type: 'function_call_output' as const, call_id: call.call_id, output: '{"sky":"clear"}' };
      const next = await responses.create({
        ...{ model: served.model, input: [result], previous_response_id: first.id, tools },
        ...{ tool_choice: 'none', max_output_tokens: 16 },
      });
      expect(next.output_text).toBeTypeOf('string');
      expect(next.previous_response_id).toBe(first.id);
    });

    it('hold a custom tool to its regular expression', proves('openai: responses', 'tools'), async () => {
      const format = { type: 'grammar' as const, syntax: 'regex' as const, definition: '[0-9]{1,3} [*+] [0-9]{1,3}' };
      const stream = openaiClient(served).responses.stream({
        ...{ model: served.model, input: 'What is 2 + 3?', max_output_tokens: 300 },
        tools: [{ type: 'custom', name: 'calculate', format }],
        tool_choice: { type: 'custom', name: 'calculate' },
      });
      const deltas: string[] = [];
      stream.on('response.custom_tool_call_input.delta', ({ delta }) => deltas.push(delta));
      const [call] = (await stream.finalResponse()).output;
      const input = call?.type === 'custom_tool_call' ? call.input : '';
      expect(input).toMatch(/^[0-9]{1,3} [*+] [0-9]{1,3}$/);
      expect(deltas.join('')).toBe(input);
    });

    it('have the shape of a zod schema', proves('openai: responses', 'schemas'), async () => {
      const text = { format: zodTextFormat(brief, 'brief') };
      const request = { model: served.model, input: 'Write a report.', text, max_output_tokens: 600 };
      const response = await openaiClient(served).responses.parse(request);
      expect(brief.parse(response.output_parsed)).toEqual(JSON.parse(response.output_text));
    });

    it('are stored as cancelled when the client leaves in a call', proves('openai: responses', 'aborted'), async () => {
      const { responses } = openaiClient(served);
      const before = await served.cancelled();
      const stream = await responses.create({
        ...{ model: served.model, input: question, stream: true, tool_choice: 'required' },
        max_output_tokens: essayTokens,
        tools: [zodResponsesFunction({ name: 'publish', parameters: essay })],
      });
      let id = '';
      for await (const event of stream) {
        if (event.type === 'response.created') ({ id } = event.response);
        if (event.type !== 'response.function_call_arguments.delta') continue;
        stream.controller.abort();
        break;
      }
      expect(await served.cancelledWhenIdle()).toBe(before + 1);
      await until(async () => (await responses.retrieve(id)).status === 'cancelled', 'it to be cancelled');
    });
  });

  describe('completions', () => {
    it('rate the tokens of a prompt, as evaluations want it', async () => {
      const asked = { model: served.model, prompt: 'The capital of Japan', echo: true, logprobs: 2, max_tokens: 0 };
      const [choice] = (await openaiClient(served).completions.create(asked)).choices;
      const { tokens = [], token_logprobs: logprobs = [], text_offset: offsets = [] } = choice?.logprobs ?? {};
      expect([choice?.text, choice?.finish_reason, offsets[0]]).toEqual([asked.prompt, 'length', 0]);
      expect([logprobs.length, offsets.length]).toEqual([tokens.length, tokens.length]);
      expect(logprobs.slice(1).every((logprob) => logprob <= 0)).toBe(true);
    });
  });

  describe('messages', () => {
    it('use a tool and go on with its result', proves('anthropic: messages', 'tools', 'turns'), async () => {
      const { messages } = anthropicClient(served);
      const asked: Anthropic.MessageParam[] = [{ role: 'user', content: question }];
      const tools = [anthropicTool('get_weather', city)];
      const request = { model: served.model, max_tokens: 300, tools };
      const choice = { type: 'any' as const, disable_parallel_tool_use: true };
      const first = await messages.stream({ ...request, messages: asked, tool_choice: choice }).finalMessage();
      const use = first.content.find((block) => block.type === 'tool_use');
      expect([first.stop_reason, city.safeParse(use?.input).success]).toEqual(['tool_use', true]);
      const result = { type: 'tool_result' as const, tool_use_id: use?.id ?? '', content: '{"sky":"clear"}' };
      const history = [...asked, { role: 'assistant' as const, content: first.content }];
      const next = await messages.create({
        ...{ ...request, max_tokens: 16, tool_choice: { type: 'none' } },
        messages: [...history, { role: 'user', content: [result] }],
      });
      expect(next.content.every(({ type }) => type === 'text')).toBe(true);
    });

    it('have the shape of a zod schema', proves('anthropic: messages', 'schemas'), async () => {
      // The client leaves bounds of numbers and texts out of the schema that it sends, and then checks them itself.
      const weather = report.pick({ mood: true, windy: true });
      const output_config = { format: zodOutputFormat(weather) };
      const messages: Anthropic.MessageParam[] = [{ role: 'user', content: 'Write a report.' }];
      const request = { model: served.model, max_tokens: 600, messages, output_config };
      const message = await anthropicClient(served).messages.parse(request);
      expect(weather.safeParse(message.parsed_output).success).toBe(true);
    });

    it('free their slot when the client leaves in a call', proves('anthropic: messages', 'aborted'), async () => {
      const before = await served.cancelled();
      const stream = anthropicClient(served).messages.stream({
        ...{ model: served.model, max_tokens: essayTokens, messages: [{ role: 'user', content: question }] },
        ...{ tools: [anthropicTool('publish', essay)], tool_choice: { type: 'any' } },
      });
      stream.on('inputJson', () => {
        stream.abort();
      });
      await expect(stream.done()).rejects.toThrow();
      expect(await served.cancelledWhenIdle()).toBe(before + 1);
    });
  });
}
