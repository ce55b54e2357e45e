import { AIMessage, type BaseMessage, HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { gathered, langchainModel, langchainTools, langchainWithModel } from '../../support/clients/langchain-suite.js';
import { proves } from '../../support/clients/proofs.js';
import { Served, servers } from '../../support/clients/served.js';

describe('LangChain with the bundled model', () => {
  langchainWithModel(new Served(servers.bundled));
});

describe('LangChain with the mock', () => {
  const served = new Served(servers.mock);
  const all = Object.values(langchainTools());
  const prompt = 'First add {"a": 1, "b": 2}, then get_weather {"city": "Quito"}';
  const asked = [
    { name: 'add', args: { a: 1, b: 2 } },
    { name: 'get_weather', args: { city: 'Quito' } },
  ];

  it.each(['whole', 'streamed'])('gets an answer, %s', proves('langchain: chat', 'whole', 'streamed'), async (how) => {
    const model = langchainModel(served);
    const answer = how === 'whole' ? await model.invoke('Hello!') : await gathered(await model.stream('Hello!'));
    expect(answer.text).toMatch(/^1 2 3/);
    expect(answer.usage_metadata).toHaveProperty('output_tokens', expect.any(Number));
  });

  it.each(['whole', 'streamed'])('gets the calls that the message names, several at once, %s', async (how) => {
    const bound = langchainModel(served).bindTools(all);
    const answer = how === 'whole' ? await bound.invoke(prompt) : await gathered(await bound.stream(prompt));
    expect(answer.tool_calls).toMatchObject(asked);
    expect(answer.invalid_tool_calls).toEqual([]);
  });

  it('runs its loop of calls and results until there is an answer', proves('langchain: chat', 'tools'), async () => {
    const ran: unknown[] = [];
    const tools = langchainTools(ran);
    const bound = langchainModel(served).bindTools(Object.values(tools));
    const messages: BaseMessage[] = [new SystemMessage('Be brief.'), new HumanMessage(prompt)];
    let answer = await bound.invoke(messages);
    for (let step = 0; step < 3 && (answer.tool_calls ?? []).length > 0; step += 1) {
      messages.push(answer);
      for (const call of answer.tool_calls ?? []) {
        const result = call.name === 'add' ? await tools.add.invoke(call) : await tools.get_weather.invoke(call);
        messages.push(result);
      }
      answer = await bound.invoke(messages);
    }
    expect(answer.text).toMatch(/^1 2 3/);
    expect(ran).toEqual(asked.map(({ name, args }) => [name, args]));
  });

  it('gets one call where it wants no more, and none where none may be made', async () => {
    const one = await langchainModel(served).bindTools(all, { parallel_tool_calls: false }).invoke(prompt);
    expect(one.tool_calls).toMatchObject(asked.slice(0, 1));
    const none = await langchainModel(served).bindTools(all, { tool_choice: 'none' }).invoke(prompt);
    expect(none.tool_calls).toEqual([]);
    expect(none.text).toMatch(/^1 2 3/);
  });

  it('is given histories without content', proves('langchain: chat', 'turns'), async () => {
    const history = [
      new HumanMessage('Call add'),
      new AIMessage({ content: '', tool_calls: [{ id: 'a', name: 'add', args: { a: 1, b: 2 } }] }),
      new ToolMessage({ tool_call_id: 'a', content: '3' }),
      new AIMessage('It is 3.'),
      new HumanMessage('Thanks!'),
    ];
    expect((await langchainModel(served).bindTools(all).invoke(history)).text).toMatch(/^1 2 3/);
  });

  it('gets JSON without a schema by jsonMode, and a call by functionCalling', async () => {
    const reply = z.object({ reply: z.string() });
    const byMode = langchainModel(served).withStructuredOutput(reply, { method: 'jsonMode' });
    expect(await byMode.invoke('Hello!')).toEqual({ reply: 'mock' });
    const byCall = langchainModel(served).withStructuredOutput(reply, { name: 'answer', method: 'functionCalling' });
    expect(await byCall.invoke('Call answer {"reply": "yes"}')).toEqual({ reply: 'yes' });
  });
});
