import { ChatstreamError } from '../../../base/errors.js';
import type { TokenizeOptions } from '../../../engine/tokenize-options.js';
import type { ChatCompletionRequest } from '../../schemas/completions/completion-requests.js';
import type { TokenizeRequest } from '../../schemas/completions/tokenizing.js';
import { missing } from '../requests/refused-parameters.js';

/** What is to be made into tokens. */
export type TokenSource =
  | { readonly type: 'text'; readonly text: string; readonly options: Required<TokenizeOptions> }
  | { readonly type: 'chat'; readonly body: ChatCompletionRequest };

export interface Tokenizing {
  readonly source: TokenSource;
  /** The server in whose form the answer is expected. */
  readonly form: 'llama-server' | 'vllm';
  /** Whether the answer shows how each token is written. */
  readonly spells: boolean;
}

const texts = ['content', 'prompt', 'messages'] as const;

/** @throws ChatstreamError `invalid_request` for no text, for several, and for what belongs to another form */
export function requestedTokenizing(body: TokenizeRequest): Tokenizing {
  const [first, second] = texts.filter((name) => (body[name] ?? null) !== null);
  if (first !== undefined && second !== undefined) throw severalError(first, second);
  const source = sourceOf(body);
  const { with_pieces: pieces, return_token_strs: strings } = body;
  if (first === 'content') {
    if (strings === true) throw otherFormError('return_token_strs', 'With "content", send "with_pieces" instead.');
    return { source, form: 'llama-server', spells: pieces === true };
  }
  if (pieces === true) throw otherFormError('with_pieces', `With "${first}", send "return_token_strs" instead.`);
  return { source, form: 'vllm', spells: strings === true };
}

function sourceOf(body: TokenizeRequest): TokenSource {
  const { content, prompt, messages } = body;
  if (typeof content === 'string') {
    return {
      type: 'text',
      text: content,
      options: { names: body.parse_special ?? true, ends: body.add_special ?? false },
    };
  }
  if (typeof prompt === 'string') {
    return { type: 'text', text: prompt, options: { names: true, ends: body.add_special_tokens ?? true } };
  }
  if (Array.isArray(messages)) return { type: 'chat', body: { ...body, messages } };
  throw missing('content', 'Send "content" or "prompt" with a text, or "messages" with a chat.');
}

function otherFormError(param: string, hint: string): ChatstreamError {
  return new ChatstreamError('invalid_request', `"${param}" belongs to the form of another server.`, { param, hint });
}

function severalError(first: string, second: string): ChatstreamError {
  return new ChatstreamError('invalid_request', `Both "${first}" and "${second}" are given.`, {
    param: second,
    hint: 'Send only one of them.',
  });
}
