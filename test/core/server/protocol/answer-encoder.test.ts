import { describe, expect, it } from 'vitest';
import { sseComment, sseData } from '../../../../src/core/server/protocol/answer-encoder.js';

describe('server-sent events', () => {
  it('put data on one line and end the event with an empty one', () => {
    expect(sseData('{"a":1}')).toBe('data: {"a":1}\n\n');
  });

  it('write comments as lines that begin with a colon', () => {
    expect(sseComment('queued position=3')).toBe(': queued position=3\n\n');
  });
});
