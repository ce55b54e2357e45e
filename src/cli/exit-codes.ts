import type { ErrorCode } from '../core/base/errors.js';

/** The exit codes of all commands. Scripts rely on these numbers. */
export const exitCodes = {
  done: 0,
  unexpectedFailure: 1,
  wrongUsage: 2,
  /** The model or the target could not be loaded or reached. */
  notAvailable: 3,
  /** A metric is worse than its threshold allows. */
  regression: 10,
  /** Only with --strict: the measurement does not decide. */
  inconclusive: 11,
  /** Only with --enforce-slo. */
  objectiveMissed: 12,
  interrupted: 130,
} as const;

const byError: Readonly<Record<ErrorCode, number>> = {
  usage: exitCodes.wrongUsage,
  model_unreadable: exitCodes.notAvailable,
  out_of_memory: exitCodes.notAvailable,
  backend_unavailable: exitCodes.notAvailable,
  engine_unavailable: exitCodes.notAvailable,
  engine_failed: exitCodes.notAvailable,
  target_unreachable: exitCodes.notAvailable,
  output_failed: exitCodes.unexpectedFailure,
  address_unavailable: exitCodes.unexpectedFailure,
  invalid_request: exitCodes.unexpectedFailure,
  body_too_large: exitCodes.unexpectedFailure,
  context_length_exceeded: exitCodes.unexpectedFailure,
  invalid_api_key: exitCodes.unexpectedFailure,
  model_not_found: exitCodes.unexpectedFailure,
  not_found: exitCodes.unexpectedFailure,
  queue_full: exitCodes.unexpectedFailure,
  queue_timeout: exitCodes.unexpectedFailure,
  draining: exitCodes.unexpectedFailure,
  cancelled: exitCodes.interrupted,
  internal: exitCodes.unexpectedFailure,
};

export function exitCodeOf(code: ErrorCode): number {
  return byError[code];
}
