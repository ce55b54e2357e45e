import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chat, createTestApp, type TestApp, testApp } from '../../support/app.js';
import { openStream } from '../../support/stream-client.js';

const path = '/v1/chat/completions';
const origin = 'https://a.example';

function preflight({ app }: TestApp, from: string): ReturnType<TestApp['get']> {
  return app.inject({
    method: 'OPTIONS',
    url: path,
    headers: {
      origin: from,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type,x-stainless-os',
    },
  });
}

describe('CORS', () => {
  let shared: TestApp;

  beforeAll(async () => {
    shared = await createTestApp({ server: { corsOrigins: [origin, 'https://b.example'], apiKeys: ['secret'] } });
  });

  afterAll(() => shared.close());

  it('answers a preflight without a key, because browsers send none', async () => {
    const answer = await preflight(shared, origin);
    expect(answer.statusCode).toBe(204);
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-methods': 'GET, POST, PATCH, DELETE',
      'access-control-allow-headers': 'authorization,content-type,x-stainless-os',
    });
  });

  it('accepts each of several origins', async () => {
    const answer = await preflight(shared, 'https://b.example');
    expect(answer.headers['access-control-allow-origin']).toBe('https://b.example');
  });

  it('allows no other origin', async () => {
    const answer = await preflight(shared, 'https://c.example');
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
  });

  it('lets pages read an answer, its id and when to try again', async () => {
    const answer = await shared.get('/livez', { origin });
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-expose-headers':
        'x-request-id, request-id, retry-after, x-should-retry, x-chatstream-executor, x-chatstream-left-out, x-ratelimit-limit-requests, x-ratelimit-limit-tokens, x-ratelimit-remaining-requests, x-ratelimit-remaining-tokens, x-ratelimit-reset-requests, x-ratelimit-reset-tokens',
      vary: 'Origin',
    });
  });

  it('lets pages read the reason of a refusal', async () => {
    const answer = await shared.ask(path, chat('hello'), { origin });
    expect(answer.statusCode).toBe(401);
    expect(answer.headers['access-control-allow-origin']).toBe(origin);
  });

  it('lets pages read a stream', async () => {
    const client = await openStream(shared.app, chat('hello'), { origin, authorization: 'Bearer secret' });
    await shared.flyUntil(client.finished());
    expect(client.status).toBe(200);
    expect(client.headers).toMatchObject({ 'access-control-allow-origin': origin, vary: 'Origin' });
  });

  it('accepts any origin for a star', async () => {
    const answer = await preflight(await testApp({ server: { corsOrigins: ['*'] } }), 'https://c.example');
    expect(answer.headers['access-control-allow-origin']).toBe('*');
  });

  it('says how to allow pages of an origin when none was allowed', async () => {
    const answer = await preflight(await testApp(), origin);
    expect(answer.statusCode).toBe(405);
    expect(answer.json<unknown>()).toMatchObject({
      error: {
        message: `Pages of ${origin} may not send requests here. Start the server with --cors-origin ${origin}, or with --cors-origin '*' for all pages.`,
        code: 'method_not_allowed',
      },
    });
  });

  it('sends no headers when no origin was allowed', async () => {
    const { get } = await testApp();
    const answer = await get('/livez', { origin });
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
  });
});
