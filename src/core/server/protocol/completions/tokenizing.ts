import { ChatstreamError } from '../../../base/errors.js';
import type { TokenizeOptions } from '../../../engine/tokenize-options.js';
import type { ChatCompletionRequest } from '../../schemas/completions/completion-requests.js';
import type { TokenizeRequest } from '../../schemas/completions/tokenizing.js';
import { missing } from '../requests/refused-parameters.js';
import { refuseUnsupportedTokenizing } from '../requests/unsupported.js';

/** What is to be made into tokens, and in which server's form the answer is expected. */
export type Tokenizing =
  | {
      readonly type: 'text';
      readonly text: string;
      readonly options: Required<TokenizeOptions>;
      readonly form: 'llama-server' | 'vllm';
    }
  | { readonly type: 'chat'; readonly body: ChatCompletionRequest };

const texts = ['content', 'prompt', 'messages'] as const;

/** @throws ChatstreamError `invalid_request` for no text, for several, and for what is not supported */
export function requestedTokenizing(body: TokenizeRequest): Tokenizing {
  refuseUnsupportedTokenizing(body);
  const [first, second] = texts.filter((name) => (body[name] ?? null) !== null);
  if (first !== undefined && second !== undefined) throw severalError(first, second);
  const { content, prompt, messages } = body;
  if (typeof content === 'string') {
    const options = { names: body.parse_special ?? true, ends: body.add_special ?? false };
    return { type: 'text', text: content, options, form: 'llama-server' };
  }
  if (typeof prompt === 'string') {
    const options = { names: true, ends: body.add_special_tokens ?? true };
    return { type: 'text', text: prompt, options, form: 'vllm' };
  }
  if (Array.isArray(messages)) return { type: 'chat', body: { ...body, messages } };
  throw missing('content', 'Send "content" or "prompt" with a text, or "messages" with a chat.');
}

function severalError(first: string, second: string): ChatstreamError {
  return new ChatstreamError('invalid_request', `Both "${first}" and "${second}" are given.`, {
    param: second,
    hint: 'Send only one of them.',
  });
}
