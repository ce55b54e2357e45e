import { describe, expect, it } from 'vitest';
import { usualTerms } from '../../../src/core/scheduler/jobs/demand.js';
import { chat, type TestApp } from '../../support/app.js';
import { join, key, keyedServer, queueOf, sent } from './keyed-server.js';

const keys = [key('anna', { terms: { ...usualTerms, reserve: 1 } }), key('script'), key('boss', { role: 'admin' })];

const server = (maxQueue = 64): Promise<TestApp> => keyedServer(keys, { queue: { maxConcurrency: 2, maxQueue } });

describe('a reserve', () => {
  it('keeps a slot free for its key, also when the line is full', async () => {
    const made = await server(1);
    await join(made, 'script');
    await join(made, 'script');
    expect(made.inference.running).toBe(1);
    const { waiting } = await queueOf(made, 'boss');
    expect(waiting).toMatchObject([{ key: 'script', waits_for: 'reserve' }]);
    expect((await made.ask('/v1/chat/completions', chat('hi'), sent('script'))).statusCode).toBe(429);
    await join(made, 'anna');
    expect(made.inference.running).toBe(2);
    expect((await made.ask('/v1/chat/completions', chat('hi'), sent('anna'))).statusCode).toBe(429);
  });

  it('keeps the limit of the server from being lowered to it', async () => {
    const made = await server();
    const patch = (max: number): ReturnType<TestApp['get']> =>
      made.app.inject({
        ...{ method: 'PATCH', url: '/v1/queue', headers: sent('boss'), payload: { max_concurrency: max } },
      });
    const refused = await patch(1);
    expect(refused.statusCode).toBe(400);
    expect(refused.json<unknown>()).toMatchObject({ error: { code: 'invalid_request', param: 'max_concurrency' } });
    expect(refused.body).toContain('Keys and classes reserve 1 place: of 1, none would be left for all others.');
    expect((await patch(3)).statusCode).toBe(200);
  });

  it('is refused if it would leave no slot for others, and the old one stays', async () => {
    const made = await server();
    const terms = new Map([['anna', { ...usualTerms, reserve: 2 }]]);
    expect(() => {
      made.inference.configureKeys(terms);
    }).toThrow('Keys and classes reserve 2 places together: of 2, none would be left for all others.');
    await join(made, 'script');
    await join(made, 'script');
    expect(made.inference.running).toBe(1);
  });
});
