import type { ErrorCode } from '../base/errors.js';
import type { Outcome } from './request.js';

/**
 * How a request that got no answer is counted. `null`: it was wrong rather than unlucky, and says nothing about the
 * queue, so it is not counted among the queue's outcomes.
 */
const outcomes: Readonly<Record<ErrorCode, Outcome | null>> = {
  invalid_request: null,
  body_too_large: null,
  context_length_exceeded: null,
  invalid_api_key: null,
  model_not_found: null,
  not_found: null,
  queue_full: 'refused',
  queue_timeout: 'timed_out',
  draining: 'refused',
  cancelled: 'cancelled_waiting',
  engine_unavailable: 'failed',
  engine_failed: 'failed',
  model_unreadable: 'failed',
  out_of_memory: 'failed',
  backend_unavailable: 'failed',
  target_unreachable: 'failed',
  output_failed: 'failed',
  address_unavailable: 'failed',
  usage: 'failed',
  internal: 'failed',
};

export function outcomeOfRefusal(code: ErrorCode): Outcome | null {
  return outcomes[code];
}
