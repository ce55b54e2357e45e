import { describe, expect, it } from 'vitest';
import { ChatstreamError, type ErrorCode } from '../../../../src/core/base/errors.js';
import { errorBody, httpStatus } from '../../../../src/core/server/protocol/http-errors.js';

/** The table of docs/api.md. */
const contract: readonly (readonly [ErrorCode, number])[] = [
  ['invalid_request', 400],
  ['body_too_large', 413],
  ['body_timeout', 408],
  ['context_length_exceeded', 400],
  ['grammar_too_complex', 400],
  ['invalid_api_key', 401],
  ['model_not_found', 404],
  ['not_found', 404],
  ['method_not_allowed', 405],
  ['websocket_unsupported', 426],
  ['unsupported_media_type', 415],
  ['queue_full', 429],
  ['queue_timeout', 503],
  ['draining', 503],
  ['too_many_connections', 503],
  ['engine_unavailable', 503],
  ['engine_failed', 500],
  ['internal', 500],
];

describe('errors over HTTP', () => {
  it.each(contract)('answers %s with %i', (code, status) => {
    expect(httpStatus(code)).toBe(status);
  });

  it('has message, type, param and code, as OpenAI has', () => {
    const error = new ChatstreamError('invalid_request', '"n" is wrong.', { param: 'n', hint: 'Leave it out.' });
    expect(errorBody(error)).toEqual({
      error: {
        message: '"n" is wrong. Leave it out.',
        type: 'invalid_request_error',
        param: 'n',
        code: 'invalid_request',
      },
    });
  });

  it('does not repeat at length what the client sent', () => {
    const long = 'x'.repeat(1_000_000);
    const { message, param } = errorBody(new ChatstreamError('invalid_request', long, { param: long })).error;
    expect(message).toBe(`${'x'.repeat(2000)}…`);
    expect(param).toBe(`${'x'.repeat(200)}…`);
  });

  it('says null when no parameter caused it', () => {
    expect(errorBody(new ChatstreamError('queue_full', 'Full.'))).toEqual({
      error: { message: 'Full.', type: 'rate_limit_error', param: null, code: 'queue_full' },
    });
  });
});
