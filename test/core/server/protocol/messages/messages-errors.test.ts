import { describe, expect, it } from 'vitest';
import { ChatstreamError, type ErrorCode } from '../../../../../src/core/base/errors.js';
import { isMessagesPath, messagesErrorBody } from '../../../../../src/core/server/protocol/messages/messages-errors.js';

describe("errors in Anthropic's shape", () => {
  it.each([
    ['invalid_request', 'invalid_request_error'],
    ['grammar_too_complex', 'invalid_request_error'],
    ['invalid_api_key', 'authentication_error'],
    ['model_not_found', 'not_found_error'],
    ['not_found', 'not_found_error'],
    ['body_timeout', 'timeout_error'],
    ['body_too_large', 'request_too_large'],
    ['queue_full', 'rate_limit_error'],
    ['queue_timeout', 'overloaded_error'],
    ['draining', 'overloaded_error'],
    ['engine_unavailable', 'overloaded_error'],
    ['cancelled', 'invalid_request_error'],
    ['engine_failed', 'api_error'],
    ['internal', 'api_error'],
  ] as const)('call %s %s', (code: ErrorCode, type) => {
    const error = new ChatstreamError(code, 'It is so.', { hint: 'Do this.', param: 'system' });
    expect(messagesErrorBody(error, 'r-1')).toEqual({
      type: 'error',
      error: { type, message: 'It is so. Do this.', details: { error_code: code, param: 'system' } },
      request_id: 'r-1',
    });
  });

  it('let clients go on without a thread', () => {
    const error = new ChatstreamError('invalid_request', 'No.', { param: 'thread' });
    expect(messagesErrorBody(error, 'r-1').error.details.error_code).toBe('thread_unsupported_request');
  });

  it('say by how much a prompt is too long', () => {
    const overflow = { promptTokens: 9, contextLength: 8 };
    const error = new ChatstreamError('context_length_exceeded', 'The prompt has 9 tokens.', { overflow });
    expect(messagesErrorBody(error, 'r-1').error.details).toMatchObject({ n_prompt_tokens: 9, n_ctx: 8 });
  });

  it('say that a prompt is too long in the words that Claude Code looks for', () => {
    const error = new ChatstreamError('context_length_exceeded', 'The prompt has 9 tokens.');
    expect(messagesErrorBody(error, 'r-1').error.message).toBe('prompt is too long: The prompt has 9 tokens.');
  });

  it.each([
    ['/v1/messages', true],
    ['/v1/messages/count_tokens', true],
    ['/v1/messages/batches/7', true],
    ['/messages', true],
    ['/v1/messagesandmore', false],
    ['/v1/chat/completions', false],
    ['/', false],
  ])('are for %s: %j', (path, isForMessages) => {
    expect(isMessagesPath(path)).toBe(isForMessages);
  });
});
