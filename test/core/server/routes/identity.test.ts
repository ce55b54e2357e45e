import { describe, expect, it } from 'vitest';
import { apiKeySettings } from '../../../../src/core/config/key-settings.js';
import { KeyRing } from '../../../../src/core/server/http/keys/key-ring.js';
import { fromEmbeddingRequest } from '../../../../src/core/server/protocol/completions/embeddings.js';
import { identified } from '../../../../src/core/server/routes/generation.js';
import { chat, type LogLine, type TestApp, testApp, type TestAppOptions } from '../../../support/app.js';

/** What a client may put into a body to pass for another one. */
const forged = {
  ...{ id: 'forged', requestId: 'forged', request_id: 'forged', key: 'forged', payer: 'forged', executor: 'forged' },
  ...{ trafficClass: 'interactive', class: 'interactive', timings: { queueMs: 7 }, model_name: 'forged' },
};

const bodies: readonly (readonly [path: string, body: object])[] = [
  ['/v1/chat/completions', chat('hi', { max_tokens: 1 })],
  ['/v1/chat/completions', chat('hi', { max_tokens: 1, n: 2 })],
  ['/v1/completions', { prompt: 'hi', max_tokens: 1 }],
  ['/v1/completions', { prompt: [97], max_tokens: 1, echo: true }],
  ['/v1/responses', { input: 'hi', max_output_tokens: 1 }],
  ['/v1/messages', chat('hi', { max_tokens: 1 })],
  ['/v1/embeddings', { input: 'hi' }],
];

/** A model serves either texts or embeddings. */
const engineFor = (path: string): TestAppOptions => ({ engine: { embeddings: path === '/v1/embeddings' } });

function settledIn({ log }: TestApp): readonly LogLine[] {
  return log.filter(({ outcome }) => outcome !== undefined);
}

describe('who sent a request', () => {
  it.each(bodies)('cannot be forged in the body of a POST %s: %j', async (path, body) => {
    const server = await testApp({ ...engineFor(path), server: { apiKeys: ['secret'] } });
    const answer = await server.post(path, { ...body, ...forged }, { 'x-api-key': 'secret', 'x-request-id': 'mine' });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['x-request-id']).toBe('mine');
    expect(`${answer.body}${JSON.stringify(answer.headers)}`).not.toContain('forged');
    const lines = settledIn(server);
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) expect(line).toMatchObject({ request_id: 'mine', key: 'api-key-1' });
    expect(JSON.stringify(server.log)).not.toContain('forged');
  });

  it.each(bodies)('is nobody on a server without keys, whatever the body of a POST %s says: %j', async (path, body) => {
    const server = await testApp(engineFor(path));
    const { headers } = await server.post(path, { ...body, ...forged });
    const lines = settledIn(server);
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) {
      expect(line).toMatchObject({ request_id: headers['x-request-id'] });
      expect(line).not.toHaveProperty('key');
    }
  });

  it('is what the server knows, also of a request that brings an id and a key', () => {
    const keys = new KeyRing(apiKeySettings(['secret']), null);
    const raw = { headers: { 'x-api-key': 'secret' } };
    keys.check(raw);
    const request = { ...fromEmbeddingRequest({ input: 'hi' }, 'embd-1'), requestId: 'forged', key: 'forged' };
    const asking = { request: { id: 'own', ip: '127.0.0.1', headers: raw.headers, raw } };
    expect(identified(request, { keys }, asking)).toMatchObject({ id: 'embd-1', requestId: 'own', key: 'api-key-1' });
  });
});
