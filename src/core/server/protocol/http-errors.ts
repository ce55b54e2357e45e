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
  invalid_api_key: { status: 401, type: 'authentication_error' },
  model_not_found: { status: 404, type: 'invalid_request_error' },
  not_found: { status: 404, type: 'invalid_request_error' },
  queue_full: { status: 429, type: 'rate_limit_error' },
  queue_timeout: unavailable,
  draining: unavailable,
  engine_unavailable: unavailable,
  // nginx's status for a client that has left; only logs show it.
  cancelled: { status: 499, type: 'client_closed_request' },
  engine_failed: internal,
  model_unreadable: internal,
  out_of_memory: internal,
  backend_unavailable: internal,
  target_unreachable: internal,
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
  };
}

export function errorBody(error: ChatstreamError): ErrorBody {
  const { type } = httpErrors[error.code];
  return { error: { message: error.advice, type, param: error.param ?? null, code: error.code } };
}
