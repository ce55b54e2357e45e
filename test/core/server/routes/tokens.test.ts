import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ChatstreamError } from '../../../../src/core/base/errors.js';
import { createTestApp, type TestApp } from '../../../support/app.js';

describe('tokens', () => {
  let shared: TestApp;

  beforeAll(async () => {
    shared = await createTestApp();
  });

  afterAll(() => shared.close());

  it.each([
    ['hé😀', [104, 233, 0x1f600]],
    ['', []],
  ])('of %j are %j', async (content, tokens) => {
    const answer = await shared.ask('/tokenize', { content });
    expect(answer.statusCode).toBe(200);
    expect(answer.json<unknown>()).toEqual({ tokens });
  });

  it('become text again', async () => {
    const answer = await shared.ask('/detokenize', { tokens: [104, 233] });
    expect(answer.json<unknown>()).toEqual({ content: 'hé' });
  });

  it.each([
    ['/tokenize', { content: 'x' }],
    ['/detokenize', { tokens: [1] }],
  ])('%s says when to try again while the engine is down', async (path, body) => {
    const down = new ChatstreamError('engine_unavailable', 'The engine is down.');
    const spies = [
      vi.spyOn(shared.engine, 'tokenize').mockRejectedValueOnce(down),
      vi.spyOn(shared.engine, 'detokenize').mockRejectedValueOnce(down),
    ];
    const answer = await shared.ask(path, body);
    for (const spy of spies) spy.mockRestore();
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('1');
    expect(answer.json<unknown>()).toMatchObject({ error: { code: 'engine_unavailable' } });
  });

  it.each([
    ['/tokenize', {}, 'content'],
    ['/tokenize', { content: 5 }, 'content'],
    ['/detokenize', {}, 'tokens'],
    ['/detokenize', { tokens: 'x' }, 'tokens'],
    ['/detokenize', { tokens: [-1] }, 'tokens.0'],
    ['/detokenize', { tokens: [1.5] }, 'tokens.0'],
    ['/detokenize', { tokens: [2_000_000_000] }, 'tokens'],
  ])('%s refuses %j and names %s', async (path, body, param) => {
    const answer = await shared.ask(path, body);
    expect(answer.statusCode).toBe(400);
    expect(answer.json<unknown>()).toMatchObject({ error: { code: 'invalid_request', param } });
  });
});
