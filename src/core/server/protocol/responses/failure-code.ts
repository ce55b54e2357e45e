import type { ChatstreamError, ErrorCode } from '../../../base/errors.js';
import type { ResponseObject } from '../../schemas/responses/response-answers.js';

type FailureCode = NonNullable<ResponseObject['error']>['code'];

const failureCodes = new Map<ErrorCode, FailureCode>([
  ['invalid_request', 'invalid_prompt'],
  ['context_length_exceeded', 'invalid_prompt'],
  ['grammar_too_complex', 'invalid_prompt'],
  // With this code, codex waits as long as the message says before it tries again.
  ['queue_full', 'rate_limit_exceeded'],
  ['ttft_target', 'rate_limit_exceeded'],
  ['queue_timeout', 'rate_limit_exceeded'],
  ['deadline', 'rate_limit_exceeded'],
  ['rate_limited', 'rate_limit_exceeded'],
  ['quota_exceeded', 'rate_limit_exceeded'],
]);

/** One of the published codes of failed responses. */
export function failureCode({ code }: ChatstreamError): FailureCode {
  return failureCodes.get(code) ?? 'server_error';
}
