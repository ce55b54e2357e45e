import type OpenAI from 'openai';
import { zodFunction } from 'openai/helpers/zod';
import { describe, expect, it } from 'vitest';
import { officialWithModel } from '../../support/clients/official-suite.js';
import { joined, openaiClient, openaiTools, openaiWithModel, userSays } from '../../support/clients/openai-suite.js';
import { proves } from '../../support/clients/proofs.js';
import { Served, servers } from '../../support/clients/served.js';
import { city, sum } from '../../support/clients/shapes.js';

describe('the official clients with the bundled model', () => {
  const served = new Served(servers.bundled);
  openaiWithModel(served);
  officialWithModel(served);
});

describe('the openai client with the mock', () => {
  const served = new Served(servers.mock);
  const model = 'mock';
  const tools = openaiTools;

  it.each(['whole', 'streamed'])('gets the calls that the message names, several at once, %s', async (how) => {
    const { completions } = openaiClient(served).chat;
    const messages = userSays('Call get_weather {"city": "Oslo"}, and add {"a": 1, "b": 2}');
    const answer =
      how === 'whole'
        ? await completions.parse({ model, messages, tools })
        : await completions.stream({ model, messages, tools }).finalChatCompletion();
    expect(answer.choices[0]?.finish_reason).toBe('tool_calls');
    const calls = answer.choices[0]?.message.tool_calls ?? [];
    expect(calls.map(({ function: called }) => [called.name, called.parsed_arguments])).toEqual([
      ['get_weather', { city: 'Oslo' }],
      ['add', { a: 1, b: 2 }],
    ]);
    expect(new Set(calls.map(({ id }) => id)).size).toBe(2);
  });

  it('gets one call where it wants no more', async () => {
    const messages = userSays('Call get_weather {"city": "Oslo"}, and add {"a": 1, "b": 2}');
    const request = { model, messages, tools, parallel_tool_calls: false, stream: true as const };
    const { calls } = await joined(await openaiClient(served).chat.completions.create(request));
    expect(calls).toMatchObject([{ name: 'get_weather', arguments: '{"city":"Oslo"}' }]);
  });

  it('gets text where no tool is needed, and where none may be called', async () => {
    const { completions } = openaiClient(served).chat;
    const plain = await completions.create({ model, messages: userSays('Hello!'), tools });
    expect(plain.choices[0]?.finish_reason).toBe('stop');
    expect(plain.choices[0]?.message.content).toMatch(/^1 2 3/);
    const request = { model, messages: userSays('Call add'), tools, tool_choice: 'none' as const };
    const forbidden = await completions.create(request);
    expect(forbidden.choices[0]?.message).not.toHaveProperty('tool_calls');
  });

  it('is given histories as clients keep them', proves('openai: chat', 'turns'), async () => {
    const messages: OpenAI.ChatCompletionMessageParam[] = [
      { role: 'system', content: [{ type: 'text', text: 'Be brief.' }] },
      { role: 'user', content: 'Call add' },
      {
        role: 'assistant',
        content: null,
        refusal: null,
        tool_calls: [
          { id: 'a', type: 'function', function: { name: 'add', arguments: '{"a":1,"b":2}' } },
          { id: 'b', type: 'function', function: { name: 'get_weather', arguments: '' } },
        ],
      },
      { role: 'tool', tool_call_id: 'a', content: '3' },
      { role: 'tool', tool_call_id: 'b', content: [{ type: 'text', text: 'rain' }] },
      { role: 'assistant', content: 'It is 3.' },
      { role: 'user', content: 'Thanks!' },
    ];
    const answer = await openaiClient(served).chat.completions.create({ model, messages, tools });
    expect(answer.choices[0]?.finish_reason).toBe('stop');
  });

  it.each(['whole', 'streamed'])(
    'runs tools until there is an answer, %s',
    proves('openai: chat', 'tools'),
    async (how) => {
      const ran: unknown[] = [];
      const run = (name: string) => (args: unknown) => {
        ran.push([name, args]);
        return `${name} is done`;
      };
      const runnable = [
        zodFunction({ name: 'get_weather', parameters: city, function: run('get_weather') }),
        zodFunction({ name: 'add', parameters: sum, function: run('add') }),
      ];
      const { completions } = openaiClient(served).chat;
      const messages = userSays('First add {"a": 1, "b": 2}, then get_weather {"city": "Quito"}');
      const runner =
        how === 'whole'
          ? completions.runTools({ model, messages, tools: runnable })
          : completions.runTools({ model, messages, tools: runnable, stream: true });
      expect(await runner.finalContent()).toMatch(/^1 2 3/);
      expect(ran).toEqual([
        ['add', { a: 1, b: 2 }],
        ['get_weather', { city: 'Quito' }],
      ]);
    },
  );

  it('frees its slot when it leaves in the middle of a call', async () => {
    const before = await served.cancelled();
    const messages = userSays(`Call add {"a": "${'very '.repeat(10_000)}long"}`);
    const stream = await openaiClient(served).chat.completions.create({ model, messages, tools, stream: true });
    for await (const { choices } of stream) {
      if ((choices[0]?.delta.tool_calls?.[0]?.function?.arguments ?? '') === '') continue;
      stream.controller.abort();
      break;
    }
    expect(await served.cancelledWhenIdle()).toBe(before + 1);
  });
});
