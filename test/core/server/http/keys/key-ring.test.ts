import * as crypto from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { apiKeySettings } from '../../../../../src/core/config/key-settings.js';
import { KeyRing } from '../../../../../src/core/server/http/keys/key-ring.js';
import { createTestApp, type TestApp, testApp } from '../../../../support/app.js';

vi.mock('node:crypto', async (importOriginal) => {
  const original = await importOriginal<typeof crypto>();
  return { ...original, timingSafeEqual: vi.fn(original.timingSafeEqual) };
});

const everythingElse = [
  ['POST', '/v1/chat/completions'],
  ['POST', '/v1/chat/completions/input_tokens'],
  ['POST', '/v1/completions'],
  ['GET', '/v1/models'],
  ['GET', '/v1/models/mock'],
  ['POST', '/tokenize'],
  ['POST', '/detokenize'],
  ['GET', '/v1/queue'],
  ['PATCH', '/v1/queue'],
  ['GET', '/metrics'],
  ['GET', '/openapi.json'],
  ['GET', '/nope'],
] as const;

describe('API keys', () => {
  let shared: TestApp;

  beforeAll(async () => {
    shared = await createTestApp({ server: { apiKeys: ['first', 'second'] } });
  });

  afterAll(() => shared.close());

  it.each(everythingElse)('are needed for %s %s', async (method, url) => {
    const answer = await shared.app.inject({ method, url });
    expect(answer.statusCode).toBe(401);
    expect(answer.headers).toMatchObject({ 'www-authenticate': 'Bearer', 'x-should-retry': 'false' });
    expect(answer.json<unknown>()).toEqual({
      error: {
        message: 'This server needs an API key. Send it in the header "Authorization: Bearer KEY" or "x-api-key: KEY".',
        type: 'authentication_error',
        param: null,
        code: 'invalid_api_key',
      },
    });
  });

  it.each(['/livez', '/readyz', '/health'])('are not needed for %s', async (url) => {
    const answer = await shared.get(url);
    expect(answer.statusCode).toBe(200);
  });

  it.each(['Bearer first', 'Bearer second', 'bearer first', 'Bearer   first'])('let in: %s', async (authorization) => {
    const answer = await shared.get('/v1/models', { authorization });
    expect(answer.statusCode).toBe(200);
  });

  it.each(['Bearer third', 'Bearer firs', 'Bearer first2', 'Bearer first second', 'Basic first', 'first', 'Bearer '])(
    'keep out: %s',
    async (authorization) => {
      const answer = await shared.get('/v1/models', { authorization });
      expect(answer.statusCode).toBe(401);
      expect(answer.json<unknown>()).toMatchObject({ error: { code: 'invalid_api_key' } });
    },
  );

  it.each([
    { 'x-api-key': 'first' },
    { 'api-key': 'second' },
    { authorization: 'Bearer placeholder', 'x-api-key': 'first' },
    { authorization: 'Basic user', 'api-key': 'first' },
  ])('let in: %s', async (headers) => {
    const answer = await shared.get('/v1/models', headers);
    expect(answer.statusCode).toBe(200);
  });

  it.each([{ 'x-api-key': 'Bearer first' }, { 'api-key': 'third' }, { 'x-api-key': '' }])(
    'keep out: %s',
    async (headers) => {
      const answer = await shared.get('/v1/models', headers);
      expect(answer.statusCode).toBe(401);
    },
  );

  it('do not appear in the error', async () => {
    const answer = await shared.get('/v1/models', { authorization: 'Bearer third' });
    expect(answer.json<unknown>()).toMatchObject({
      error: { message: 'This server does not accept this API key.' },
    });
  });

  it('are not needed when none is set', async () => {
    const { get } = await testApp();
    const answer = await get('/v1/models');
    expect(answer.statusCode).toBe(200);
  });
});

describe('the comparison of keys', () => {
  it.each([
    ['right at the first', 'Bearer first'],
    ['right at the last', 'Bearer a much longer third'],
    ['wrong', 'Bearer x'],
  ])('looks at all keys, as digests of one length, when the key is %s', (_, authorization) => {
    const keys = new KeyRing(apiKeySettings(['first', 'second', 'a much longer third']));
    vi.mocked(crypto.timingSafeEqual).mockClear();
    try {
      keys.check({ headers: { authorization } });
    } catch {
      // Whether the key is accepted does not matter here.
    }
    const { calls } = vi.mocked(crypto.timingSafeEqual).mock;
    expect(calls.map(([accepted, given]) => [accepted.byteLength, given.byteLength])).toEqual([
      [32, 32],
      [32, 32],
      [32, 32],
    ]);
  });
});
