import { ChatstreamError } from '../../base/errors.js';
import type { ChatMessage, OutputFormat, PromptSource, Sampling } from '../../engine/engine.js';
import type { InferenceRequest } from '../../inference/request.js';
import {
  type ChatCompletionRequest,
  type CompletionRequest,
  samplingDefaults,
  type WireMessage,
} from '../schemas/completion-requests.js';
import { refuseUnsupported, refuseUnsupportedMessages } from './unsupported.js';

/** Levels of a JSON schema. A schema with thousands of them can be neither sent to the engine nor made into a grammar. */
const deepestSchema = 256;

type GenerationParameters = Omit<CompletionRequest, 'prompt'>;

/**
 * A chat request with every default filled in.
 *
 * @throws ChatstreamError `invalid_request` for what is not supported, such as content that is not text
 */
export function fromChatRequest(body: ChatCompletionRequest, id: string, defaultMaxTokens: number): InferenceRequest {
  refuseUnsupported(body);
  refuseUnsupportedMessages(body.messages);
  const messages = body.messages.map(chatMessage);
  return resolve(body, id, { type: 'chat', messages }, defaultMaxTokens);
}

/**
 * A completion request with every default filled in.
 *
 * @throws ChatstreamError `invalid_request` for what is not supported
 */
export function fromCompletionRequest(body: CompletionRequest, id: string, defaultMaxTokens: number): InferenceRequest {
  refuseUnsupported(body);
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
  if (isDeeperThan(schema, deepestSchema)) {
    throw new ChatstreamError('invalid_request', 'The JSON schema is nested too deeply.', {
      param: 'response_format',
      hint: `At most ${deepestSchema} levels of objects and lists are supported.`,
    });
  }
  return { type: 'json_schema', schema };
}

/** Level by level: the depth that this looks for would overflow the stack of a recursive function. */
function isDeeperThan(value: unknown, levels: number): boolean {
  let level = [value];
  for (let depth = 0; depth <= levels && level.length > 0; depth += 1) {
    level = level.flatMap(childrenOf);
  }
  return level.length > 0;
}

function childrenOf(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  const children: unknown[] = Object.values(value);
  return children;
}

function promptSource(prompt: CompletionRequest['prompt']): PromptSource {
  if (typeof prompt === 'string') return { type: 'text', text: prompt };
  const [first] = prompt;
  if (typeof first === 'string') return { type: 'text', text: first };
  return { type: 'tokens', tokens: prompt.filter((token) => typeof token === 'number') };
}

function chatMessage({ role, content, name }: WireMessage, index: number): ChatMessage {
  // Only an assistant's message may have no content.
  if (role !== 'assistant' && (content === undefined || content === null)) throw missing(`messages.${index}.content`);
  const text = typeof content === 'string' ? content : (content ?? []).map((part) => textOf(part, index)).join('');
  return name === undefined || name === null ? { role, content: text } : { role, content: text, name };
}

function textOf(part: { readonly type: string; readonly text?: string | null }, index: number): string {
  if (part.type === 'text' && typeof part.text === 'string') return part.text;
  throw new ChatstreamError('invalid_request', `Message ${index} has content of type "${part.type}".`, {
    param: `messages.${index}.content`,
    hint: 'Only text is supported.',
  });
}

function missing(param: string): ChatstreamError {
  return new ChatstreamError('invalid_request', `"${param}" is missing.`, { param });
}
