import { describe, expect, it } from 'vitest';
import { join, key, keyedServer, queueOf, sent } from './keyed-server.js';

describe('the role of a key', () => {
  const keys = [key('anna'), key('eye', { role: 'observer' }), key('boss', { role: 'admin' })];

  it.each([
    ['anna', 'GET', '/v1/models', 200],
    ['anna', 'GET', '/v1/models/mock', 200],
    ['eye', 'GET', '/v1/models', 200],
    ['eye', 'GET', '/v1/models/mock', 200],
    ['anna', 'GET', '/v1/queue', 200],
    ['anna', 'GET', '/metrics', 403],
    ['anna', 'PATCH', '/v1/queue', 403],
    ['eye', 'GET', '/metrics', 200],
    ['eye', 'GET', '/v1/queue', 200],
    ['eye', 'PATCH', '/v1/queue', 403],
    ['eye', 'POST', '/v1/chat/completions', 403],
    ['eye', 'POST', '/tokenize', 403],
    ['eye', 'GET', '/v1/conversations/x', 403],
    ['boss', 'GET', '/metrics', 200],
    ['boss', 'PATCH', '/v1/queue', 200],
  ] as const)('of %s: %s %s is %i', async (name, method, url, status) => {
    const { app } = await keyedServer(keys);
    const payload = method === 'PATCH' ? { payload: { max_queue: 9 } } : {};
    const answer = await app.inject({ method, url, headers: sent(name), ...payload });
    expect(answer.statusCode).toBe(status);
    if (status === 403) expect(answer.json<unknown>()).toMatchObject({ error: { code: 'forbidden' } });
  });

  it('shows a user its own requests only, with their places among all and the counts of all', async () => {
    const made = await keyedServer([...keys, key('ben')]);
    for (const name of ['anna', 'ben', 'anna', 'ben']) await join(made, name);
    const { running, waiting, ...counts } = await queueOf(made, 'ben');
    expect(counts).toMatchObject({ running_count: 2, waiting_count: 2 });
    expect(running.map((each) => each.key)).toEqual(['ben']);
    expect(waiting.map((each) => [each.key, each.position])).toEqual([['ben', 2]]);
  });

  it('does not hide that a route does not exist', async () => {
    const { get } = await keyedServer(keys);
    expect((await get('/nope', sent('anna'))).statusCode).toBe(404);
  });
});
