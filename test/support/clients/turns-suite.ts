import type Anthropic from '@anthropic-ai/sdk';
import { HumanMessage } from '@langchain/core/messages';
import { generateText, type LanguageModel, type ModelMessage } from 'ai';
import { NotFoundError } from 'openai';
import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import { parseAs } from '../parse-as.js';
import { anthropic, compatible, openai } from './ai-providers.js';
import { langchainModel } from './langchain-suite.js';
import { anthropicClient } from './official-suite.js';
import { openaiClient, userSays } from './openai-suite.js';
import { proves } from './proofs.js';
import { rejection } from './rejection.js';
import type { Served } from './served.js';

/** Tokens of each answer. */
const length = 8;

const langchainUsage = Type.Object({ input_tokens: Type.Integer() });

/** What must hold with any server when a client goes on with a chat. */
export function turnsAreKept(served: Served): void {
  describe('openai', () => {
    it('sends the chat again', proves('openai: chat', 'turns'), async () => {
      const { completions } = openaiClient(served).chat;
      const messages = userSays('Hello!');
      const request = { model: served.model, messages, max_tokens: length };
      const first = await completions.create(request);
      messages.push({ role: 'assistant', content: first.choices[0]?.message.content ?? null });
      messages.push(...userSays('And again?'));
      const second = await completions.create(request);
      expect(second.usage?.prompt_tokens).toBeGreaterThan(first.usage?.prompt_tokens ?? Infinity);
    });

    it('continues a response by its id', proves('openai: responses', 'turns'), async () => {
      const { responses } = openaiClient(served);
      const request = { model: served.model, max_output_tokens: length };
      const first = await responses.create({ ...request, input: 'Hello!' });
      const next = { ...request, input: 'And again?', previous_response_id: first.id };
      for (const second of [await responses.create(next), await responses.stream(next).finalResponse()]) {
        expect(second.previous_response_id).toBe(first.id);
        expect(second.usage?.input_tokens).toBeGreaterThan(first.usage?.total_tokens ?? Infinity);
      }
    });

    it('adds responses to a conversation', proves('openai: responses', 'turns'), async () => {
      const { conversations, responses } = openaiClient(served);
      const { id } = await conversations.create();
      const request = { model: served.model, conversation: id, max_output_tokens: length };
      const first = await responses.create({ ...request, input: 'one' });
      const second = await responses.create({ ...request, input: 'two' });
      expect(second.conversation).toEqual({ id });
      expect(second.usage?.input_tokens).toBeGreaterThan(first.usage?.total_tokens ?? Infinity);
      const roles: unknown[] = [];
      for await (const item of conversations.items.list(id, { order: 'asc' })) {
        if (item.type === 'message') roles.push(item.role);
      }
      expect(roles).toEqual(['user', 'assistant', 'user', 'assistant']);
      expect(await conversations.delete(id)).toMatchObject({ deleted: true });
      expect(await rejection(conversations.retrieve(id))).toBeInstanceOf(NotFoundError);
    });
  });

  it('@anthropic-ai/sdk sends the chat again', proves('anthropic: messages', 'turns'), async () => {
    const { messages: client } = anthropicClient(served);
    const messages: Anthropic.MessageParam[] = [{ role: 'user', content: 'Hello!' }];
    const request = { model: served.model, max_tokens: length, messages };
    const first = await client.create(request);
    messages.push({ role: 'assistant', content: first.content }, { role: 'user', content: 'And again?' });
    const second = await client.create(request);
    expect(promptTokens(second.usage)).toBeGreaterThan(promptTokens(first.usage));
  });

  describe.each([compatible, openai, anthropic])('the AI SDK, $id', ({ id, model }) => {
    it('sends the chat again', proves(id, 'turns'), async () => {
      const messages: ModelMessage[] = [{ role: 'user', content: 'Hello!' }];
      const request = { ...short(model(served)), messages };
      const first = await generateText(request);
      messages.push(...first.response.messages, { role: 'user', content: 'And again?' });
      const second = await generateText(request);
      expect(second.usage.inputTokens).toBeGreaterThan(first.usage.totalTokens ?? Infinity);
    });
  });

  describe('the AI SDK with the Responses API', () => {
    it('continues a response by its id', proves(openai.id, 'turns'), async () => {
      const request = short(openai.model(served));
      const first = await generateText({ ...request, prompt: 'Hello!' });
      const providerOptions = { openai: { previousResponseId: first.response.id } };
      const second = await generateText({ ...request, prompt: 'And again?', providerOptions });
      expect(second.usage.inputTokens).toBeGreaterThan(first.usage.totalTokens ?? Infinity);
    });

    it('adds responses to a conversation', proves(openai.id, 'turns'), async () => {
      const { id } = await openaiClient(served).conversations.create();
      const request = { ...short(openai.model(served)), providerOptions: { openai: { conversation: id } } };
      const first = await generateText({ ...request, prompt: 'one' });
      const second = await generateText({ ...request, prompt: 'two' });
      expect(second.usage.inputTokens).toBeGreaterThan(first.usage.totalTokens ?? Infinity);
    });
  });

  it('LangChain sends the chat again', proves('langchain: chat', 'turns'), async () => {
    const model = langchainModel(served, length);
    const asked = new HumanMessage('Hello!');
    const first = await model.invoke([asked]);
    const second = await model.invoke([asked, first, new HumanMessage('And again?')]);
    const [before, after] = [first, second].map((message) => parseAs(langchainUsage, message.usage_metadata));
    expect(after?.input_tokens).toBeGreaterThan(before?.input_tokens ?? Infinity);
  });
}

function short(model: LanguageModel): { model: LanguageModel; maxOutputTokens: number; maxRetries: number } {
  return { model, maxOutputTokens: length, maxRetries: 0 };
}

/** Anthropic counts those that were in the cache on their own. */
function promptTokens({ input_tokens: added, cache_read_input_tokens: cached }: Anthropic.Usage): number {
  return added + (cached ?? 0);
}
