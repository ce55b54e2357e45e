import type { ChatstreamError, ErrorCode } from '../../core/base/errors.js';

/** The exit codes of all commands. Scripts rely on these numbers. */
export const exitCodes = {
  done: 0,
  unexpectedFailure: 1,
  wrongUsage: 2,
  /** The model or the target could not be loaded or reached. */
  notAvailable: 3,
  /** A metric is worse than its threshold allows. */
  regression: 10,
  /** Only with --strict: the measurement is inconclusive. */
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
  upstream_failed: exitCodes.notAvailable,
  model_loading_failed: exitCodes.notAvailable,
  target_unreachable: exitCodes.notAvailable,
  cluster_unavailable: exitCodes.notAvailable,
  output_failed: exitCodes.unexpectedFailure,
  storage_failed: exitCodes.unexpectedFailure,
  address_unavailable: exitCodes.unexpectedFailure,
  invalid_request: exitCodes.unexpectedFailure,
  body_too_large: exitCodes.unexpectedFailure,
  body_timeout: exitCodes.unexpectedFailure,
  context_length_exceeded: exitCodes.unexpectedFailure,
  grammar_too_complex: exitCodes.unexpectedFailure,
  invalid_api_key: exitCodes.unexpectedFailure,
  forbidden: exitCodes.unexpectedFailure,
  model_not_found: exitCodes.unexpectedFailure,
  not_found: exitCodes.unexpectedFailure,
  method_not_allowed: exitCodes.unexpectedFailure,
  websocket_unsupported: exitCodes.unexpectedFailure,
  limits_held: exitCodes.unexpectedFailure,
  unsupported_media_type: exitCodes.unexpectedFailure,
  queue_full: exitCodes.unexpectedFailure,
  ttft_target: exitCodes.unexpectedFailure,
  rate_limited: exitCodes.unexpectedFailure,
  quota_exceeded: exitCodes.unexpectedFailure,
  deadline: exitCodes.unexpectedFailure,
  queue_timeout: exitCodes.unexpectedFailure,
  draining: exitCodes.unexpectedFailure,
  too_many_connections: exitCodes.unexpectedFailure,
  cancelled: exitCodes.interrupted,
  internal: exitCodes.unexpectedFailure,
};

export function exitCodeOf(code: ErrorCode): number {
  return byError[code];
}

/**
 * The exit code for a verdict and for what failed, in order. The first failure counts, but a report that could not be
 * written must not hide a regression.
 */
export function exitCodeOfVerdictAnd(failures: readonly ChatstreamError[], verdict: number): number {
  const [first] = failures;
  const onlyReports = failures.every(({ code }) => code === 'output_failed');
  if (first === undefined || (verdict === exitCodes.regression && onlyReports)) return verdict;
  return exitCodeOf(first.code);
}
