import type { ChatstreamError } from '../../../base/errors.js';
import { errorBody, httpStatus } from '../http-errors.js';

/** Anthropic's types of errors, which follow from the status. */
const types: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  408: 'timeout_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  // Anthropic's own status is 529, which proxies do not know. Its clients retry after both.
  503: 'overloaded_error',
};

/** Anthropic's code for conversations that are kept on the server. Its client's tool runner then continues without one. */
const noThreads = 'thread_unsupported_request';

/** The body of an error answer, and the data of an error in a stream, in Anthropic's shape. */
export interface MessagesErrorBody {
  readonly type: 'error';
  readonly error: {
    readonly type: string;
    readonly message: string;
    /** Where Anthropic has codes for programs, too. */
    readonly details: {
      readonly error_code: string;
      readonly param: string | null;
      /** With `context_length_exceeded`, as in OpenAI's shape. */
      readonly n_prompt_tokens?: number;
      readonly n_ctx?: number;
    };
  };
  readonly request_id: string;
}

export function messagesErrorBody(error: ChatstreamError, requestId: string): MessagesErrorBody {
  const { message, code, param, n_prompt_tokens: promptTokens, n_ctx: context } = errorBody(error).error;
  const status = httpStatus(error.code);
  const type = types[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error');
  // Claude Code looks for these words, and then makes its conversation shorter.
  const said = error.code === 'context_length_exceeded' ? `prompt is too long: ${message}` : message;
  const details = {
    error_code: param === 'thread' ? noThreads : code,
    param,
    ...(promptTokens !== undefined && { n_prompt_tokens: promptTokens }),
    ...(context !== undefined && { n_ctx: context }),
  };
  return { type: 'error', error: { type, message: said, details }, request_id: requestId };
}

/** Whether a request is one of Anthropic's clients, which send this header to every server. */
export function isFromAnthropicClient(headers: Readonly<Record<string, unknown>>): boolean {
  return headers['anthropic-version'] !== undefined;
}

/** Whether a path belongs to Anthropic's Messages API, so that errors have their shape there. */
export function isMessagesPath(path: string): boolean {
  return /^(\/v1)?\/messages(\/|$)/.test(path);
}

/** Whether a path lists models or describes one, which both APIs have. */
export function isModelsPath(path: string): boolean {
  return /^(\/v1)?\/models(\/|$)/.test(path);
}
