import { describe, expect, it } from 'vitest';
import type { ChatstreamError } from '../../../../src/core/base/errors.js';
import {
  forbiddenError,
  forbiddenModelError,
  missingKeyError,
  quotaExceededError,
  rateLimitedError,
  tooManyAtOnceError,
  tooManyTogetherError,
  wrongKeyError,
} from '../../../../src/core/base/refusals/key-refusals.js';
import {
  cutOffError,
  drainingError,
  notStartedError,
  queueFullError,
  queueTimeoutError,
} from '../../../../src/core/base/refusals/queue-refusals.js';
import {
  bodyTooLargeError,
  clientLeftError,
  compressedError,
  contextLengthError,
  engineDownError,
  engineLoadingError,
  engineStoppedError,
  internalError,
  methodNotAllowedError,
  modelNotFoundError,
  notFoundError,
  notJsonError,
  websocketError,
} from '../../../../src/core/base/refusals/refusals.js';

const queue = { running: 4, waiting: 64, pending: 0, maxConcurrency: 4, maxQueue: 64 };

const refusals: readonly [ChatstreamError, string][] = [
  [bodyTooLargeError(1024), 'body_too_large'],
  [clientLeftError(), 'cancelled'],
  [contextLengthError(3000, 2048, 'messages'), 'context_length_exceeded'],
  [cutOffError(7), 'draining'],
  [drainingError(7), 'draining'],
  [engineDownError({ retryAfterSeconds: 7 }), 'engine_unavailable'],
  [engineLoadingError(), 'engine_unavailable'],
  [engineStoppedError(), 'engine_unavailable'],
  [internalError(new Error('a bug')), 'internal'],
  [missingKeyError(), 'invalid_api_key'],
  [modelNotFoundError('a', 'b'), 'model_not_found'],
  [compressedError('gzip'), 'unsupported_media_type'],
  [methodNotAllowedError('GET', '/nope', ['POST']), 'method_not_allowed'],
  [notStartedError(7), 'draining'],
  [notFoundError('GET', '/nope', null), 'not_found'],
  [notFoundError('GET', '/a/livez', { path: '/livez', otherMethods: null }), 'not_found'],
  [notFoundError('GET', '/a/models', { path: '/v1/models', otherMethods: null }), 'not_found'],
  [notFoundError('POST', '/a/models', { path: '/v1/models', otherMethods: ['GET', 'HEAD'] }), 'not_found'],
  [notFoundError('POST', '/a/messages', { path: '/v1/messages', otherMethods: null }), 'not_found'],
  [notJsonError(), 'unsupported_media_type'],
  [queueFullError(queue, 7), 'queue_full'],
  [queueTimeoutError(60_000, 7), 'queue_timeout'],
  [websocketError('/v1/responses'), 'websocket_unsupported'],
  [wrongKeyError(), 'invalid_api_key'],
];

const keyErrors: readonly ((key: string) => ChatstreamError)[] = [
  (key) => forbiddenError(key, 'user', ['admin']),
  (key) => forbiddenModelError(key, ['small']),
  (key) => rateLimitedError(key, '2 waiting requests', 7),
  (key) => quotaExceededError(key, 100, 7),
  (key) => tooManyAtOnceError(key, 3, 2),
  (key) => tooManyTogetherError(key, 3, 2),
];

describe('the errors about what a key may do', () => {
  it.each(keyErrors.map((make) => [make('anna').code, make] as const))('name it: %s', (_, make) => {
    expect(make('anna').message).toContain('he key "anna" ');
  });

  it.each(keyErrors.map((make) => [make('anna').code, make] as const))(
    'do not speak of a key to a client that sent none: %s',
    (_, make) => {
      const { message } = make('anonymous');
      expect(message).not.toContain('anonymous');
      expect(message).toMatch(/without a key|has no key/);
      expect(message).toMatch(/^[A-Z].*\.$/);
    },
  );
});

it('speak of a user of a key that many share', () => {
  const messages = [rateLimitedError('chat/abc', '2 waiting requests', 7), tooManyAtOnceError('chat/abc', 3, 2)];
  expect(messages.map(({ message }) => message)).toEqual([
    'This user of the key "chat" has reached its limit of 2 waiting requests.',
    'This counts as 3 requests, and this user of the key "chat" may send 2 per minute.',
  ]);
});

describe('the errors that clients are sent', () => {
  it.each(refusals)('%s', ({ code, message, hint }, expected) => {
    expect(code).toBe(expected);
    for (const text of [message, hint ?? 'No hint.']) expect(text).toMatch(/^[A-Z].*\.$/);
  });

  it('say why a queue is full although not all of its places are taken', () => {
    expect(queueFullError({ ...queue, running: 3, pending: 1 }, 7).message).toBe(
      'The queue is full: 3 of 4 generations run and 64 of 64 places to wait are taken, and 1 more came before this one.',
    );
  });

  it('have a message each, so that no two cases look the same', () => {
    const messages = refusals.map(([{ message }]) => message);
    expect(new Set(messages).size).toBe(messages.length);
  });

  it('say when to try again where waiting helps and the time is known', () => {
    const retryable = refusals.filter(([{ retryAfterSeconds }]) => retryAfterSeconds === 7);
    expect(retryable.map(([, code]) => code)).toEqual([
      'draining',
      'draining',
      'engine_unavailable',
      'draining',
      'queue_full',
      'queue_timeout',
    ]);
  });

  it('tell the reason of an outage only if it is given', () => {
    expect(engineDownError({ reason: 'exit code 1' }).message).toBe('The engine is down: exit code 1');
    expect(engineDownError({ retryAfterSeconds: 1 }).message).not.toContain(':');
  });

  it('keep an unexpected error to the log', () => {
    const cause = new Error('/home/me/model.gguf is gone');
    expect(internalError(cause).advice).not.toContain('gguf');
    expect(internalError(cause).cause).toBe(cause);
  });

  it('name the model to ask for once there is one', () => {
    expect(modelNotFoundError('gpt-4', 'mock').hint).toBe('Ask for "mock", or leave the model out.');
    expect(modelNotFoundError('gpt-4', null).hint).toBe(
      'No model is served at the moment: try again when one is loaded.',
    );
  });
});
