import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chat, createTestApp, type TestApp } from '../../support/app.js';
import { openStream } from '../../support/stream-client.js';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

describe('x-request-id', () => {
  let shared: TestApp;

  beforeAll(async () => {
    shared = await createTestApp();
  });

  afterAll(() => shared.close());

  it.each(['abc', 'a.b_c:d-E9', 'x'.repeat(128)])('is echoed: %s', async (id) => {
    const answer = await shared.get('/livez', { 'x-request-id': id });
    expect(answer.headers['x-request-id']).toBe(id);
  });

  it.each(['', 'x'.repeat(129), 'a b', 'ümlaut', '<script>', 'a,b', 'a\tb'])(
    'is replaced when it is not well-formed: %j',
    async (id) => {
      const answer = await shared.get('/livez', { 'x-request-id': id });
      expect(answer.headers['x-request-id']).toMatch(uuid);
    },
  );

  it('is generated, a different one for every request', async () => {
    const answers = await Promise.all([shared.get('/livez'), shared.get('/livez')]);
    const [first, second] = answers.map(({ headers }) => headers['x-request-id']);
    expect(first).toMatch(uuid);
    expect(first).not.toBe(second);
  });

  it.each([
    ['an answer', chat('hello'), 200],
    ['a refusal', chat('hello', { n: 'x' }), 400],
  ])('comes with %s', async (_, body, status) => {
    const answer = await shared.post('/v1/chat/completions', body, { 'x-request-id': 'mine' });
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['x-request-id']).toBe('mine');
  });

  it('comes with an unknown route', async () => {
    const answer = await shared.get('/nope', { 'x-request-id': 'mine' });
    expect(answer.headers['x-request-id']).toBe('mine');
  });

  it('comes with a stream', async () => {
    const client = await openStream(shared.app, chat('hello'), { 'x-request-id': 'mine' });
    await shared.flyUntil(client.finished());
    expect(client.headers['x-request-id']).toBe('mine');
  });

  it('may be the same for several requests at once', async () => {
    const twin = (): ReturnType<TestApp['ask']> =>
      shared.ask('/v1/chat/completions', chat('hello'), { 'x-request-id': 'twin' });
    const answers = await shared.flyUntil(Promise.all([twin(), twin()]));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200]);
  });
});
