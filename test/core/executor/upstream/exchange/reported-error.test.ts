import { expect, it } from 'vitest';
import { reportedErrorIn } from '../../../../../src/core/executor/upstream/exchange/reported-error.js';

it.each([
  [{ error: { message: 'no', code: 400 } }, 400],
  [{ error: { message: 'no', code: 422, type: 'server_error' } }, 422],
  [{ error: { message: 'no', type: 'exceed_context_size_error' } }, 400],
  [{ error: { message: 'no', code: 'context_length_exceeded' } }, 400],
  [{ type: 'error', error: { type: 'request_too_large', message: 'no' } }, 400],
  [{ type: 'response.failed', response: { error: { code: 'invalid_prompt', message: 'no' } } }, 400],
  [{ object: 'error', message: 'no', type: 'BadRequestError', code: 400 }, 400],
  [{ error: { message: 'no', type: 'invalid_request_error', code: 'invalid_api_key' } }, null],
  [{ error: { message: 'no', type: 'BadRequestError', code: 503 } }, null],
  [{ error: { message: 'no', type: 'invalid_request_error', code: 429 } }, null],
  [{ error: { message: 'no', type: 'overloaded_error' } }, null],
  [{ error: { message: 'no', code: 402 } }, null],
  [{ error: 'no' }, null],
])('finds who is to blame for %j', (data, status) => {
  expect(reportedErrorIn(data)).toMatchObject({ message: 'no', status });
});

it('finds no error where there is none', () => {
  for (const data of [undefined, 'error', { error: null }, { choices: [] }, { type: 'error_free' }]) {
    expect(reportedErrorIn(data)).toBe(null);
  }
});
