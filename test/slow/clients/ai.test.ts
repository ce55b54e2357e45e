/* eslint-disable @typescript-eslint/no-deprecated -- generateObject is what most programs still use. */
import { generateObject, generateText, type ModelMessage, stepCountIs, streamText } from 'ai';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { aiModel, aiTools, aiWithModel } from '../../support/clients/ai-suite.js';
import { proves } from '../../support/clients/proofs.js';
import { Served, servers } from '../../support/clients/served.js';

describe('the AI SDK with the bundled model', () => {
  aiWithModel(new Served(servers.bundled));
});

describe('the AI SDK with the mock', () => {
  const served = new Served(servers.mock);
  const prompt = 'First add {"a": 1, "b": 2}, then get_weather {"city": "Quito"}';
  const asked = [
    ['add', { a: 1, b: 2 }],
    ['get_weather', { city: 'Quito' }],
  ];

  it.each(['whole', 'streamed'])(
    'runs several tools and gets an answer, %s',
    proves('ai: chat', 'tools'),
    async (how) => {
      const ran: unknown[] = [];
      const request = { model: aiModel(served), prompt, tools: aiTools(ran), stopWhen: stepCountIs(5), maxRetries: 0 };
      const result = how === 'whole' ? await generateText(request) : streamText(request);
      expect(await result.text).toMatch(/^1 2 3/);
      expect((await result.steps).map(({ finishReason }) => finishReason)).toEqual(['tool-calls', 'stop']);
      expect(ran).toEqual(asked);
    },
  );

  it.each(['whole', 'streamed'] as const)(
    'gets an answer, %s',
    proves('ai: chat', 'whole', 'streamed'),
    async (how) => {
      const request = { model: aiModel(served), prompt: 'Hello!', maxRetries: 0 };
      const result = how === 'whole' ? await generateText(request) : streamText(request);
      expect(await result.text).toMatch(/^1 2 3/);
      expect((await result.usage).outputTokens).toBeGreaterThan(0);
    },
  );

  it('sees the arguments arrive piece by piece', async () => {
    const text = 'Call add {"a": 1, "b": 2, "why": "to see it come"}';
    const { fullStream } = streamText({ model: aiModel(served), prompt: text, tools: aiTools(), maxRetries: 0 });
    const types: string[] = [];
    for await (const { type } of fullStream) types.push(type);
    expect(types.filter((type) => type === 'tool-input-delta').length).toBeGreaterThan(1);
    expect(types).toContain('tool-call');
    expect(types).not.toContain('error');
  });

  it('gets text where no tool is needed, and where none may be called', async () => {
    const common = { model: aiModel(served), tools: aiTools(), maxRetries: 0 };
    const plain = await generateText({ ...common, prompt: 'Hello!' });
    const forbidden = await generateText({ ...common, prompt, toolChoice: 'none' });
    for (const { toolCalls, text } of [plain, forbidden]) {
      expect(toolCalls).toEqual([]);
      expect(text).toMatch(/^1 2 3/);
    }
  });

  it('is given the messages of earlier steps', proves('ai: chat', 'turns'), async () => {
    const common = { model: aiModel(served), tools: aiTools(), maxRetries: 0 };
    const first = await generateText({ ...common, prompt });
    const messages: ModelMessage[] = [
      { role: 'user', content: prompt },
      ...first.response.messages,
      { role: 'user', content: 'Thanks!' },
    ];
    const second = await generateText({ ...common, messages });
    expect(second.text).toMatch(/^1 2 3/);
  });

  it('gets JSON without a schema', async () => {
    const { object } = await generateObject({ model: aiModel(served), prompt, output: 'no-schema', maxRetries: 0 });
    expect(object).toEqual({ reply: 'mock' });
  });

  it('is told that the mock cannot follow a schema', async () => {
    const schema = z.object({ city: z.string() });
    const answer = generateObject({ model: aiModel(served), prompt, schema, maxRetries: 0 });
    await expect(answer).rejects.toThrow(/mock engine cannot follow a JSON schema/);
  });
});
