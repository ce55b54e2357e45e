import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ChatstreamError } from '../../../../src/core/base/errors.js';
import { createTestApp, type TestApp, until } from '../../../support/app.js';
import { listen } from '../../../support/stream-client.js';

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

  it.each(['add_special', 'parse_special', 'with_pieces'])('are refused with %s, unless it is false', async (param) => {
    const refused = await shared.ask('/tokenize', { content: 'x', [param]: true });
    expect(refused.statusCode).toBe(400);
    expect(refused.json<unknown>()).toMatchObject({ error: { code: 'invalid_request', param } });
    for (const value of [false, null]) {
      expect((await shared.ask('/tokenize', { content: 'x', [param]: value })).json<unknown>()).toEqual({
        tokens: [120],
      });
    }
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

  it('of a text that has killed the engine twice are a 500', async () => {
    const died = new ChatstreamError('engine_failed', 'The engine has died twice.');
    const spy = vi.spyOn(shared.engine, 'tokenize').mockRejectedValueOnce(died);
    const answer = await shared.ask('/tokenize', { content: 'x' });
    spy.mockRestore();
    expect(answer.statusCode).toBe(500);
    expect(answer.json<unknown>()).toMatchObject({ error: { code: 'engine_failed', type: 'server_error' } });
  });

  it('are not waited for when the client leaves', async () => {
    let signal: AbortSignal | undefined;
    const spy = vi.spyOn(shared.engine, 'tokenize').mockImplementation((_text, client) => {
      signal = client;
      return new Promise(() => undefined);
    });
    const client = new AbortController();
    const answer = fetch(`http://127.0.0.1:${await listen(shared.app)}/tokenize`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ content: 'x' }),
      signal: client.signal,
    });
    await until(() => shared.inference.preparing === 1);
    client.abort();
    await expect(answer).rejects.toThrow();
    await until(() => shared.inference.preparing === 0);
    spy.mockRestore();
    expect(signal?.aborted).toBe(true);
  });

  it('take a place while they are answered, so that only so many are asked for at once', async () => {
    const server = await createTestApp({ queue: { maxConcurrency: 1, maxQueue: 2 } });
    const answers: ((tokens: number[]) => void)[] = [];
    const spy = vi
      .spyOn(server.engine, 'tokenize')
      .mockImplementation(() => new Promise((resolve) => answers.push(resolve)));
    const calls = Array.from({ length: 3 }, () => server.ask('/tokenize', { content: 'x' }));
    await until(() => answers.length === 3);
    const refused = await server.ask('/detokenize', { tokens: [104] });
    expect(refused.statusCode).toBe(429);
    expect(refused.json<unknown>()).toMatchObject({ error: { code: 'queue_full' } });
    expect(refused.headers['retry-after']).toBeDefined();
    expect(spy).toHaveBeenCalledTimes(3);

    for (const answer of answers) answer([1]);
    for (const call of calls) expect((await call).statusCode).toBe(200);
    expect((await server.ask('/detokenize', { tokens: [104] })).statusCode).toBe(200);
    await server.close();
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
