import { describe, expect, it } from 'vitest';
import { asChatstreamError, ChatstreamError, messageOf } from '../../../src/core/base/errors.js';

describe('a chatstream error', () => {
  it('carries its code and details', () => {
    const error = new ChatstreamError('queue_full', 'No room.', { hint: 'Wait.', param: 'n', retryAfterSeconds: 3 });
    expect(error).toMatchObject({ code: 'queue_full', hint: 'Wait.', param: 'n', retryAfterSeconds: 3 });
  });

  it('is an Error with a name of its own', () => {
    const error = new ChatstreamError('internal', 'Oh.');
    expect(error).toBeInstanceOf(Error);
    expect(String(error)).toBe('ChatstreamError: Oh.');
  });

  it('advises with message and hint', () => {
    expect(new ChatstreamError('usage', 'No.', { hint: 'Say yes.' }).advice).toBe('No. Say yes.');
  });

  it('advises with the message alone if there is no hint', () => {
    expect(new ChatstreamError('usage', 'No.').advice).toBe('No.');
  });

  it('has a cause only if it was given one', () => {
    const cause = new Error('deep');
    expect(new ChatstreamError('internal', 'Oh.', { cause }).cause).toBe(cause);
    expect(new ChatstreamError('internal', 'Oh.')).not.toHaveProperty('cause');
  });
});

describe('anything thrown', () => {
  it('has a message, error or not', () => {
    expect(messageOf(new Error('bad'))).toBe('bad');
    expect(messageOf('worse')).toBe('worse');
    expect(messageOf(undefined)).toBe('undefined');
  });

  it('stays what it is if it is our own error', () => {
    const error = new ChatstreamError('queue_full', 'No room.');
    expect(asChatstreamError(error, 'internal')).toBe(error);
  });

  it('becomes our own error with the original as its cause', () => {
    const thrown = new TypeError('x is not a function');
    expect(asChatstreamError(thrown, 'engine_failed')).toMatchObject({
      code: 'engine_failed',
      message: 'x is not a function',
      cause: thrown,
    });
  });

  it('is internal unless said otherwise', () => {
    expect(asChatstreamError('huh').code).toBe('internal');
  });
});
