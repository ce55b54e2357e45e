import { ChatstreamError } from '../../base/errors.js';
import type { PromptSource } from '../../engine/engine.js';
import type { InferenceRequest } from '../../inference/request.js';
import type { ChatCompletionRequest, CompletionRequest, GenerationParameters } from '../schemas/completion-requests.js';
import { chatSource } from './chat-source.js';
import { outputFormat } from './output-format.js';
import { reasoningRequest } from './reasoning-requests.js';
import { samplingOf } from './sampling.js';
import { requestedTools, withCalls } from './tool-requests.js';
import { refuseUnsupported, refuseUnsupportedMessages } from './unsupported.js';

/**
 * A chat request with every default filled in.
 *
 * @throws ChatstreamError `invalid_request` for what is not supported, such as content that is not text
 */
export function fromChatRequest(body: ChatCompletionRequest, id: string, defaultMaxTokens: number): InferenceRequest {
  refuseUnsupported(body, 'chat');
  refuseUnsupportedMessages(body.messages);
  const tools = requestedTools(body);
  const reasoning = reasoningRequest(body);
  const request = resolvedRequest(body, id, chatSource(body, tools, reasoning), defaultMaxTokens);
  return { ...request, format: withCalls(tools, outputFormat(body)), thoughtTokens: reasoning.maxTokens };
}

/**
 * A completion request with every default filled in.
 *
 * @throws ChatstreamError `invalid_request` for what is not supported
 */
export function fromCompletionRequest(body: CompletionRequest, id: string, defaultMaxTokens: number): InferenceRequest {
  refuseUnsupported(body, 'text');
  const request = resolvedRequest(body, id, promptSource(body.prompt), defaultMaxTokens);
  return { ...request, format: outputFormat(body), thoughtTokens: null };
}

/** What all protocols have in common of a request. @throws ChatstreamError `invalid_request` */
export function resolvedRequest(
  body: GenerationParameters,
  id: string,
  source: PromptSource,
  defaultMaxTokens: number,
): Omit<InferenceRequest, 'format' | 'thoughtTokens'> {
  const stop = body.stop ?? [];
  const maxTokens = maxTokensOf(body, defaultMaxTokens);
  return {
    id,
    source,
    maxTokens,
    minTokens: minTokensOf(body, maxTokens),
    sampling: samplingOf(body),
    stop: typeof stop === 'string' ? [stop] : stop,
    stopTokens: body.stop_token_ids ?? [],
    ignoreEos: body.ignore_eos ?? false,
  };
}

/** @throws ChatstreamError `invalid_request` for an `n_predict` of 0: the answer to it would be empty */
function maxTokensOf(body: GenerationParameters, defaultMaxTokens: number): number {
  const { n_predict: predicted } = body;
  if (predicted === 0) {
    throw new ChatstreamError('invalid_request', '"n_predict" must be 1 or more, or -1.', { param: 'n_predict' });
  }
  const wanted = predicted === -1 ? null : predicted;
  return body.max_completion_tokens ?? body.max_tokens ?? wanted ?? defaultMaxTokens;
}

function minTokensOf(body: GenerationParameters, maxTokens: number): number {
  const minTokens = body.min_tokens ?? 0;
  if (minTokens <= maxTokens) return minTokens;
  throw new ChatstreamError('invalid_request', `"min_tokens" is more than the ${maxTokens} tokens that are allowed.`, {
    param: 'min_tokens',
    hint: 'Send a higher "max_tokens", or a lower "min_tokens".',
  });
}

function promptSource(prompt: CompletionRequest['prompt']): PromptSource {
  if (typeof prompt === 'string') return { type: 'text', text: prompt };
  const [first] = prompt;
  if (typeof first === 'string') return { type: 'text', text: first };
  return { type: 'tokens', tokens: prompt.filter((token) => typeof token === 'number') };
}
