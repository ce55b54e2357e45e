import type { ChatstreamError, ErrorCode } from '../../base/errors.js';

interface HttpError {
  readonly status: number;
  /** OpenAI's type of error. */
  readonly type: string;
}

const badRequest = { status: 400, type: 'invalid_request_error' } as const;
const unavailable = { status: 503, type: 'service_unavailable_error' } as const;
const internal = { status: 500, type: 'server_error' } as const;

const httpErrors: Readonly<Record<ErrorCode, HttpError>> = {
  invalid_request: badRequest,
  context_length_exceeded: badRequest,
  grammar_too_complex: badRequest,
  body_too_large: { status: 413, type: 'invalid_request_error' },
  body_timeout: { status: 408, type: 'invalid_request_error' },
  invalid_api_key: { status: 401, type: 'authentication_error' },
  forbidden: { status: 403, type: 'permission_error' },
  model_not_found: { status: 404, type: 'invalid_request_error' },
  not_found: { status: 404, type: 'invalid_request_error' },
  method_not_allowed: { status: 405, type: 'invalid_request_error' },
  // The status after which codex continues without WebSockets. After others, it tries for 6 s.
  websocket_unsupported: { status: 426, type: 'invalid_request_error' },
  unsupported_media_type: { status: 415, type: 'invalid_request_error' },
  limits_held: { status: 409, type: 'invalid_request_error' },
  queue_full: { status: 429, type: 'rate_limit_error' },
  ttft_target: { status: 429, type: 'rate_limit_error' },
  rate_limited: { status: 429, type: 'rate_limit_error' },
  quota_exceeded: { status: 429, type: 'rate_limit_error' },
  queue_timeout: unavailable,
  deadline: unavailable,
  draining: unavailable,
  too_many_connections: unavailable,
  engine_unavailable: unavailable,
  model_loading_failed: unavailable,
  // nginx's status for a client that has left; only logs show it.
  cancelled: { status: 499, type: 'client_closed_request' },
  engine_failed: internal,
  upstream_failed: { status: 502, type: 'server_error' },
  // Insufficient Storage, which is the usual cause.
  storage_failed: { status: 507, type: 'server_error' },
  model_unreadable: internal,
  out_of_memory: internal,
  backend_unavailable: internal,
  target_unreachable: internal,
  cluster_unavailable: unavailable,
  output_failed: internal,
  address_unavailable: internal,
  usage: internal,
  internal,
};

export function httpStatus(code: ErrorCode): number {
  return httpErrors[code].status;
}

/** The body of every error answer, in OpenAI's shape. */
export interface ErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string;
    /** In llama-server's form, with `context_length_exceeded`. */
    readonly n_prompt_tokens?: number;
    readonly n_ctx?: number;
  };
}

export function errorBody(error: ChatstreamError): ErrorBody {
  const { type } = httpErrors[error.code];
  const param = error.param === undefined ? null : shortened(error.param, longestParam);
  const { overflow } = error;
  return {
    error: {
      message: shortened(error.advice, longestMessage),
      type,
      param,
      code: error.code,
      ...(overflow !== undefined && { n_prompt_tokens: overflow.promptTokens, n_ctx: overflow.contextLength }),
    },
  };
}

/** Messages and names of parameters may repeat what the client sent, which can be a megabyte. In characters. */
const longestMessage = 2000;
const longestParam = 200;

function shortened(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest)}…`;
}
