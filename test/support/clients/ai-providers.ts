import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import type { LanguageModel } from 'ai';
import type { ClientId } from './catalogue.js';
import type { Served } from './served.js';

type ProviderOptions = Readonly<
  Record<string, Record<string, string | number | boolean | Record<string, string | number>>>
>;

/** One of the AI SDK's packages for the API of a server. */
export interface AiProvider {
  readonly id: Extract<ClientId, `ai: ${string}`>;
  readonly model: (served: Served, connect?: typeof fetch) => LanguageModel;
  /** A small model repeats its calls without end. */
  readonly oneCall: ProviderOptions;
  /** What makes a model think that does so if it is told to. */
  readonly thinking: ProviderOptions;
}

export const compatible: AiProvider = {
  id: 'ai: chat',
  model: (served, connect = fetch) => {
    const settings = { includeUsage: true, supportsStructuredOutputs: true, fetch: connect };
    return createOpenAICompatible({ name: 'chatstream', baseURL: served.baseUrl, ...settings })(served.model);
  },
  oneCall: { chatstream: { parallel_tool_calls: false } },
  thinking: { chatstream: { reasoningEffort: 'low' } },
};

/** Its models use the Responses API by default. */
export const openai: AiProvider = {
  id: 'ai: responses',
  model: (served, connect = fetch) =>
    createOpenAI({ baseURL: served.baseUrl, apiKey: 'none', fetch: connect })(served.model),
  oneCall: { openai: { parallelToolCalls: false } },
  thinking: { openai: { reasoningEffort: 'low', forceReasoning: true } },
};

export const anthropic: AiProvider = {
  id: 'ai: messages',
  model: (served, connect = fetch) =>
    createAnthropic({ baseURL: served.baseUrl, apiKey: 'none', fetch: connect })(served.model),
  oneCall: { anthropic: { disableParallelToolUse: true } },
  thinking: { anthropic: { thinking: { type: 'enabled', budgetTokens: 16 } } },
};
