import { describe, expect, it } from 'vitest';
import { sseComment, sseData, sseDone } from '../../../../src/core/server/protocol/sse.js';

describe('server-sent events', () => {
  it('puts data on one line and ends the event with an empty one', () => {
    expect(sseData('{"a":1}')).toBe('data: {"a":1}\n\n');
  });

  it('writes comments as lines that begin with a colon', () => {
    expect(sseComment('queued position=3')).toBe(': queued position=3\n\n');
  });

  it('ends a stream as OpenAI does', () => {
    expect(sseDone).toBe('data: [DONE]\n\n');
  });
});
