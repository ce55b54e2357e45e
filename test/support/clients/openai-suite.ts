import OpenAI from 'openai';
import { zodFunction, zodResponseFormat } from 'openai/helpers/zod';
import { describe, expect, it } from 'vitest';
import { proves } from './proofs.js';
import type { Served } from './served.js';
import { city, essay, essayTokens, parsed, report, sum } from './shapes.js';

type Messages = OpenAI.ChatCompletionMessageParam[];

export const openaiTools = [
  zodFunction({ name: 'get_weather', description: 'The weather in a city.', parameters: city }),
  zodFunction({ name: 'add', description: 'Adds two numbers.', parameters: sum }),
];

export const userSays = (content: string): Messages => [{ role: 'user', content }];

export function openaiClient(served: Served): OpenAI {
  return new OpenAI({ baseURL: served.baseUrl, apiKey: 'none', maxRetries: 0 });
}

/** The whole message that the chunks of a stream make, put together as OpenAI documents it. */
export async function joined(
  stream: AsyncIterable<OpenAI.ChatCompletionChunk>,
): Promise<{ content: string; calls: { id: string; name: string; arguments: string }[]; reason: string | null }> {
  const calls: { id: string; name: string; arguments: string }[] = [];
  let content = '';
  let reason: string | null = null;
  for await (const { choices } of stream) {
    content += choices[0]?.delta.content ?? '';
    reason = choices[0]?.finish_reason ?? reason;
    for (const { index, id, function: called } of choices[0]?.delta.tool_calls ?? []) {
      const call = (calls[index] ??= { id: id ?? '', name: called?.name ?? '', arguments: '' });
      call.arguments += called?.arguments ?? '';
    }
  }
  return { content, calls, reason };
}

/** What must hold with any model: it is held to its calls and formats by grammars. */
export function openaiWithModel(served: Served): void {
  const model = (): { model: string; seed: number } => ({ model: served.model, seed: 7 });

  describe('tools', () => {
    it.each(['whole', 'streamed'])('make a round trip, %s', proves('openai: chat', 'tools'), async (how) => {
      const client = openaiClient(served);
      const messages = userSays('What is the weather in Oslo?');
      const request = { ...model(), messages, tools: openaiTools, tool_choice: 'required' as const, max_tokens: 300 };
      const message =
        how === 'whole'
          ? (await client.chat.completions.create({ ...request, parallel_tool_calls: false })).choices[0]?.message
          : await client.chat.completions.stream({ ...request, parallel_tool_calls: false }).finalMessage();
      expect(message?.content).toBeNull();
      expect(message?.tool_calls).toHaveLength(1);
      const [call] = message?.tool_calls ?? [];
      if (message === undefined || call?.type !== 'function') throw new Error('It is no call of a function.');
      const { name, arguments: json } = call.function;
      expect(parsed(name === 'add' ? sum : city, json)).toBeDefined();

      messages.push(message, { role: 'tool', tool_call_id: call.id, content: '{"sky":"clear"}' });
      const next = { ...model(), messages, tools: openaiTools, tool_choice: 'none' as const, max_tokens: 16 };
      const answer =
        how === 'whole'
          ? (await client.chat.completions.create(next)).choices[0]?.message.content
          : (await joined(await client.chat.completions.create({ ...next, stream: true }))).content;
      expect(answer).toBeTypeOf('string');
    });

    it.each(['get_weather', 'add'])('are called by name: %s', async (name) => {
      const request = { ...model(), messages: userSays('Hello!'), tools: openaiTools, max_tokens: 300 };
      const choice = { type: 'function' as const, function: { name } };
      const answer = await openaiClient(served).chat.completions.parse({ ...request, tool_choice: choice });
      const [call, ...others] = answer.choices[0]?.message.tool_calls ?? [];
      expect(call?.function.name).toBe(name);
      expect((name === 'add' ? sum : city).safeParse(call?.function.parsed_arguments).success).toBe(true);
      expect(others).toEqual([]);
      expect(answer.choices[0]?.finish_reason).toBe('tool_calls');
    });

    it('are calls of the same kind in a stream as in the whole answer', async () => {
      const { completions } = openaiClient(served).chat;
      const request = { ...model(), messages: userSays('Hello!'), tools: openaiTools, max_tokens: 300 };
      const choice = { type: 'function' as const, function: { name: 'add' } };
      const whole = await completions.create({ ...request, tool_choice: choice });
      const streamed = await joined(await completions.create({ ...request, tool_choice: choice, stream: true }));
      const [call] = whole.choices[0]?.message.tool_calls ?? [];
      expect(streamed).toMatchObject({ content: '', reason: 'tool_calls' });
      // Other batches and more cached tokens round differently, so that the model may write other spaces or numbers.
      for (const each of [streamed.calls[0], call?.type === 'function' ? call.function : undefined]) {
        expect(each?.name).toBe('add');
        expect(sum.safeParse(JSON.parse(each?.arguments ?? '')).success).toBe(true);
      }
    });

    it('are left to the model, and what it does can be read', async () => {
      // One call at most, because a small model repeats its calls without end.
      const request = {
        ...model(),
        messages: userSays('What is 2 + 3?'),
        tools: openaiTools,
        parallel_tool_calls: false,
      };
      const answer = await joined(await openaiClient(served).chat.completions.create({ ...request, stream: true }));
      expect(answer.calls.length > 0 || answer.content !== '').toBe(true);
      for (const { name, arguments: json } of answer.calls) parsed(name === 'add' ? sum : city, json);
    });

    it.each([
      ['an empty list', { tools: [] }],
      ['the choice "none"', { tools: openaiTools, tool_choice: 'none' as const }],
    ])('that cannot be called change nothing: %s', async (_, settings) => {
      const { completions } = openaiClient(served).chat;
      const request = { ...model(), messages: userSays('Hello!'), max_tokens: 24 };
      // Once before, so that both of the next find as much of the prompt in the cache: other batches round differently.
      await completions.create(request);
      const without = await completions.create(request);
      const answer = await completions.create({ ...request, ...settings });
      expect(answer.choices[0]?.message).toEqual(without.choices[0]?.message);
    });

    it(
      'free their slot when the client leaves in the middle of a call',
      proves('openai: chat', 'aborted'),
      async () => {
        const before = await served.cancelled();
        const stream = await openaiClient(served).chat.completions.create({
          ...model(),
          messages: userSays('Hello!'),
          tools: [zodFunction({ name: 'publish', parameters: essay })],
          tool_choice: 'required',
          max_completion_tokens: essayTokens,
          stream: true,
        });
        for await (const { choices } of stream) {
          if ((choices[0]?.delta.tool_calls?.[0]?.function?.arguments ?? '') === '') continue;
          stream.controller.abort();
          break;
        }
        expect(await served.cancelledWhenIdle()).toBe(before + 1);
      },
    );
  });

  describe('structured output', () => {
    it('has the shape of a zod schema', proves('openai: chat', 'schemas'), async () => {
      const { completions } = openaiClient(served).chat;
      const messages = userSays('Write a report.');
      const format = zodResponseFormat(report, 'report');
      const answer = await completions.parse({ ...model(), messages, response_format: format });
      expect(answer.choices[0]?.finish_reason).toBe('stop');
      expect(report.parse(answer.choices[0]?.message.parsed)).toEqual(answer.choices[0]?.message.parsed);
    });

    it('has it in a stream', proves('openai: chat', 'schemas'), async () => {
      const { completions } = openaiClient(served).chat;
      const messages = userSays('Write a report.');
      const format = zodResponseFormat(report, 'report');
      const stream = completions.stream({ ...model(), messages, response_format: format });
      const snapshots: unknown[] = [];
      stream.on('content.delta', ({ parsed: value }) => snapshots.push(value));
      const answer = await stream.finalChatCompletion();
      expect(snapshots.length).toBeGreaterThan(1);
      expect(report.parse(answer.choices[0]?.message.parsed)).toBeDefined();
    });

    it('goes together with tools', async () => {
      const { completions } = openaiClient(served).chat;
      const format = zodResponseFormat(report, 'report');
      const request = { ...model(), messages: userSays('Write a report.'), response_format: format };
      const answer = await completions.parse({ ...request, tools: openaiTools, parallel_tool_calls: false });
      const message = answer.choices[0]?.message;
      expect(message?.tool_calls !== undefined || report.safeParse(message?.parsed).success).toBe(true);
    });
  });
}
