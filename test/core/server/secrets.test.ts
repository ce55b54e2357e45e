import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { beforeEach, describe, expect, it } from 'vitest';
import { chat, type TestApp, testApp } from '../../support/app.js';
import { listen } from '../../support/stream-client.js';

const chatPath = '/v1/chat/completions';
const key = 'sk-hidden-from-everyone';
const bearer = { authorization: `Bearer ${key}` };

describe('a secret of a client', () => {
  let server: TestApp;

  beforeEach(async () => {
    server = await testApp({ server: { apiKeys: [key] } });
  });

  function expectKept(...answers: string[]): void {
    expect(server.log.length).toBeGreaterThan(0);
    expect(JSON.stringify(server.log)).not.toContain('hidden-from-everyone');
    for (const answer of answers) expect(answer).not.toContain('hidden-from-everyone');
  }

  it.each([
    ['without a key', '/v1/models', {}, 401],
    ['with a wrong key', '/v1/models', { authorization: `Bearer ${key}-at-all` }, 401],
    ['with a password', '/v1/models', { authorization: `Basic ${key}` }, 401],
    ['for a path that does not exist', '/nope', bearer, 404],
    ['for a model that does not exist', '/v1/models/gpt-4', bearer, 404],
    ['for a path that cannot be read', '/v1/models/%zz', bearer, 400],
  ])('in the query of a request %s is neither logged nor answered', async (_, path, headers, status) => {
    const answer = await server.get(`${path}?api_key=${key}`, headers);
    expect(answer.statusCode).toBe(status);
    await server.post(chatPath, chat('hello'), bearer);
    expectKept(answer.body);
  });

  it.each([
    ['a body that is not JSON', `{"messages": "${key}`],
    ['a body with a wrong type', { messages: key }],
    ['a prompt', chat(key, { max_tokens: 1 })],
  ])('in %s is neither logged nor answered', async (_, body) => {
    const answer = await server.post(`${chatPath}?api_key=${key}`, body, bearer);
    expectKept(answer.body);
  });

  it.each(['/nope', '/v1/queue', chatPath])(
    'in an absolute URL for %s is neither logged nor answered',
    async (path) => {
      const socket = connect(await listen(server.app));
      socket.end(
        `PATCH http://user:${key}@localhost${path}?api_key=${key} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${key}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}`,
      );
      const answer = await text(socket);
      expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
      await server.post(chatPath, chat('hello'), bearer);
      expectKept(answer);
    },
  );
});
