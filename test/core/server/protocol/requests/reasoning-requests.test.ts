import { describe, expect, it } from 'vitest';
import { reasoningRequest } from '../../../../../src/core/server/protocol/requests/reasoning-requests.js';

describe('how much a model should think', () => {
  it.each([
    [{}, undefined],
    [{ reasoning_effort: 'max' }, 'xhigh'],
    [{ reasoning: { enabled: false } }, 'none'],
    [{ thinking: { type: 'disabled' as const } }, 'none'],
    [{ think: false }, 'none'],
    [{ enable_thinking: false }, 'none'],
    [{ think: 'low' }, 'low'],
    [{ thinking: { type: 'adaptive' as const } }, undefined],
    [{ thinking: { type: 'auto' as const } }, undefined],
    [{ think: null, enable_thinking: null }, undefined],
  ])('%j is the effort %s', (body, effort) => {
    expect(reasoningRequest(body)).toEqual({ effort, maxTokens: null });
  });

  it.each([
    { thinking: { type: 'enabled' as const } },
    { reasoning: { enabled: true } },
    { think: true },
    { enable_thinking: true },
  ])('%j only turns thinking on, unless an effort is given', (body) => {
    expect(reasoningRequest(body).effort).toBe('on');
    expect(reasoningRequest({ ...body, reasoning_effort: 'high' }).effort).toBe('high');
  });

  it('is limited by a budget that turns thinking on', () => {
    const body = { thinking: { type: 'enabled' as const, budget_tokens: 2000 } };
    expect(reasoningRequest(body)).toEqual({ effort: 'on', maxTokens: 2000 });
  });

  it('names all efforts if it is none of them', () => {
    expect(() => reasoningRequest({ reasoning_effort: 'foo' })).toThrow(
      expect.objectContaining({ hint: 'Use none, minimal, low, medium, high, xhigh, max.' }),
    );
  });

  it.each([
    [{ think: false, reasoning_effort: 'high' }, 'think'],
    [{ enable_thinking: false, thinking: { type: 'disabled' as const }, reasoning_effort: 'low' }, 'thinking.type'],
    [{ think: 'deep' }, 'think'],
  ])('%j is refused, naming %s', (body, param) => {
    expect(() => reasoningRequest(body)).toThrow(expect.objectContaining({ code: 'invalid_request', param }));
  });
});
