import type { OutputFormat, PromptSource, Sampling } from '../../engine/engine.js';
import type { InferenceRequest } from '../../inference/request.js';
import {
  type ChatCompletionRequest,
  type CompletionRequest,
  samplingDefaults,
} from '../schemas/completion-requests.js';
import { chatSource } from './chat-source.js';
import { reasoningRequest } from './reasoning-requests.js';
import { missing, refuseDeep } from './refused-parameters.js';
import { requestedTools, withCalls } from './tool-requests.js';
import { refuseChatParameters, refuseUnsupported, refuseUnsupportedMessages } from './unsupported.js';

type GenerationParameters = Omit<CompletionRequest, 'prompt'>;

/**
 * A chat request with every default filled in.
 *
 * @throws ChatstreamError `invalid_request` for what is not supported, such as content that is not text
 */
export function fromChatRequest(body: ChatCompletionRequest, id: string, defaultMaxTokens: number): InferenceRequest {
  refuseUnsupported(body);
  refuseUnsupportedMessages(body.messages);
  const tools = requestedTools(body);
  const reasoning = reasoningRequest(body);
  const request = resolve(body, id, chatSource(body, tools, reasoning), defaultMaxTokens);
  return { ...request, format: withCalls(tools, request.format), thoughtTokens: reasoning.maxTokens };
}

/**
 * A completion request with every default filled in.
 *
 * @throws ChatstreamError `invalid_request` for what is not supported
 */
export function fromCompletionRequest(body: CompletionRequest, id: string, defaultMaxTokens: number): InferenceRequest {
  refuseUnsupported(body);
  refuseChatParameters(body);
  return resolve(body, id, promptSource(body.prompt), defaultMaxTokens);
}

function resolve(
  body: GenerationParameters,
  id: string,
  source: PromptSource,
  defaultMaxTokens: number,
): InferenceRequest {
  const stop = body.stop ?? [];
  return {
    id,
    source,
    maxTokens: body.max_completion_tokens ?? body.max_tokens ?? defaultMaxTokens,
    sampling: sampling(body),
    stop: typeof stop === 'string' ? [stop] : stop,
    ignoreEos: body.ignore_eos ?? false,
    format: outputFormat(body.response_format),
    thoughtTokens: null,
  };
}

function sampling(body: GenerationParameters): Sampling {
  return {
    temperature: body.temperature ?? samplingDefaults.temperature,
    topP: body.top_p ?? samplingDefaults.top_p,
    topK: body.top_k ?? samplingDefaults.top_k,
    minP: body.min_p ?? samplingDefaults.min_p,
    // Requests without a seed must draw differently, even if two arrive in the same millisecond.
    seed: (body.seed ?? Math.floor(Math.random() * 2 ** 32)) >>> 0,
    presencePenalty: body.presence_penalty ?? samplingDefaults.presence_penalty,
    frequencyPenalty: body.frequency_penalty ?? samplingDefaults.frequency_penalty,
    repeatPenalty: body.repeat_penalty ?? samplingDefaults.repeat_penalty,
    logitBias: body.logit_bias ?? {},
  };
}

function outputFormat(format: GenerationParameters['response_format']): OutputFormat {
  if (format?.type !== 'json_schema') return { type: format?.type ?? 'text' };
  if (format.json_schema === undefined || format.json_schema === null) throw missing('response_format.json_schema');
  const { schema } = format.json_schema;
  refuseDeep(schema, 'response_format', 'The JSON schema');
  return { type: 'json_schema', schema };
}

function promptSource(prompt: CompletionRequest['prompt']): PromptSource {
  if (typeof prompt === 'string') return { type: 'text', text: prompt };
  const [first] = prompt;
  if (typeof first === 'string') return { type: 'text', text: first };
  return { type: 'tokens', tokens: prompt.filter((token) => typeof token === 'number') };
}
