import { type AIMessageChunk, HumanMessage, ToolMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { ChatOpenAI } from '@langchain/openai';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { proves } from './proofs.js';
import type { Served } from './served.js';
import { brief, city, essay, essayTokens, looseReport, sum } from './shapes.js';

/** Tools that run, and note that they did. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- The tools' types are only inferred.
export function langchainTools(ran: unknown[] = []) {
  const run = (name: string) => (args: unknown) => {
    ran.push([name, args]);
    return `${name} is done`;
  };
  return {
    get_weather: tool(run('get_weather'), { name: 'get_weather', description: 'The weather in a city.', schema: city }),
    add: tool(run('add'), { name: 'add', description: 'Adds two numbers.', schema: sum }),
  };
}

export function langchainModel(served: Served, maxTokens = 800): ChatOpenAI {
  return new ChatOpenAI({
    model: served.model,
    apiKey: 'none',
    configuration: { baseURL: served.baseUrl },
    maxRetries: 0,
    maxTokens,
    modelKwargs: { seed: 7 },
  });
}

/** The whole message of a stream. */
export async function gathered(stream: AsyncIterable<AIMessageChunk>): Promise<AIMessageChunk> {
  let message: AIMessageChunk | undefined;
  for await (const chunk of stream) message = message === undefined ? chunk : message.concat(chunk);
  if (message === undefined) throw new Error('The stream was empty.');
  return message;
}

/** What must hold with any model: it is held to its calls and formats by grammars. */
export function langchainWithModel(served: Served): void {
  const tools = langchainTools();
  const all = Object.values(tools);

  describe('tools', () => {
    it.each(['whole', 'streamed'])('make a round trip, %s', proves('langchain: chat', 'tools'), async (how) => {
      const model = langchainModel(served, 300);
      const asked = new HumanMessage('What is the weather in Oslo?');
      const bound = model.bindTools(all, { tool_choice: 'required', parallel_tool_calls: false });
      const called = how === 'whole' ? await bound.invoke([asked]) : await gathered(await bound.stream([asked]));
      expect(called.invalid_tool_calls).toEqual([]);
      expect(called.tool_calls).toHaveLength(1);
      const [call] = called.tool_calls ?? [];
      expect(call?.name === 'add' ? sum.safeParse(call.args) : city.safeParse(call?.args)).toHaveProperty(
        'success',
        true,
      );

      const result = new ToolMessage({ tool_call_id: call?.id ?? '', content: '{"sky":"clear"}' });
      const answering = langchainModel(served, 16).bindTools(all, { tool_choice: 'none' });
      const messages = [asked, called, result];
      const answer =
        how === 'whole' ? await answering.invoke(messages) : await gathered(await answering.stream(messages));
      expect(answer.response_metadata['finish_reason']).toMatch(/^(stop|length)$/);
      expect(answer.tool_calls).toEqual([]);
      expect(answer.usage_metadata).toHaveProperty('output_tokens', expect.any(Number));
    });

    it.each(['add', 'get_weather'])('are called by name: %s', async (name) => {
      const { tool_calls: calls } = await langchainModel(served).bindTools(all, { tool_choice: name }).invoke('Hello!');
      expect(calls).toMatchObject([{ name }]);
    });

    it('are left to the model, and what it does can be read', async () => {
      const answer = await gathered(
        await langchainModel(served).bindTools(all, { parallel_tool_calls: false }).stream('What is 2 + 3?'),
      );
      expect(answer.invalid_tool_calls).toEqual([]);
      expect((answer.tool_calls?.length ?? 0) > 0 || answer.text !== '').toBe(true);
    });

    it(
      'free their slot when the client leaves in the middle of a call',
      proves('langchain: chat', 'aborted'),
      async () => {
        const before = await served.cancelled();
        const publish = tool(() => 'done', { name: 'publish', schema: essay });
        const controller = new AbortController();
        const bound = langchainModel(served, essayTokens).bindTools([publish], { tool_choice: 'required' });
        const leave = async (): Promise<void> => {
          for await (const { tool_call_chunks: pieces } of await bound.stream('Hello!', {
            signal: controller.signal,
          })) {
            if ((pieces?.[0]?.args ?? '') !== '') controller.abort();
          }
        };
        await expect(leave()).rejects.toThrow(/abort/i);
        expect(await served.cancelledWhenIdle()).toBe(before + 1);
      },
    );
  });

  describe('structured output', () => {
    it('has the shape of a zod schema', proves('langchain: chat', 'schemas'), async () => {
      const asking = langchainModel(served).withStructuredOutput(looseReport, { name: 'report' });
      expect(looseReport.safeParse(await asking.invoke('Write a report.')).success).toBe(true);
    });

    it.each(['jsonSchema', 'functionCalling'] as const)('has it strictly, by %s', async (method) => {
      const asking = langchainModel(served).withStructuredOutput(brief, { name: 'brief', method, strict: true });
      expect(brief.safeParse(await asking.invoke('Write a report.')).success).toBe(true);
    });

    it('comes with the message that it was read from', async () => {
      const options = { name: 'brief', includeRaw: true as const };
      const { raw, parsed } = await langchainModel(served)
        .withStructuredOutput(brief, options)
        .invoke('Write a report.');
      expect(raw.text).not.toBe('');
      expect(brief.safeParse(parsed).success).toBe(true);
    });

    it.each(['jsonSchema', 'functionCalling'] as const)('has it at the end of a stream, by %s', async (method) => {
      const asking = langchainModel(served).withStructuredOutput(brief, { name: 'brief', method });
      let last: unknown;
      for await (const part of await asking.stream('Write a report.')) last = part;
      expect(brief.safeParse(last).success).toBe(true);
    });

    it('is JSON without a schema by jsonMode, as far as it comes', async () => {
      const shape = z.record(z.string(), z.unknown());
      const options = { method: 'jsonMode' as const, includeRaw: true as const };
      const { raw, parsed } = await langchainModel(served, 100).withStructuredOutput(shape, options).invoke('Hello!');
      // No schema bounds it, and a small model may write without end.
      if (raw.response_metadata['finish_reason'] === 'length') expect(raw.text).toMatch(/^\{/);
      else expect(parsed).toBeTypeOf('object');
    });
  });
}
