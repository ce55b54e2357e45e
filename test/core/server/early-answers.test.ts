import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp, until } from '../../support/app.js';
import { RawClient } from '../../support/raw-client.js';
import { listen } from '../../support/stream-client.js';

const path = '/v1/chat/completions';

/** Much more than the buffers of two sockets hold. */
const bodyBytes = 16 * 1024 * 1024;

describe('an answer to a body that is still arriving', () => {
  let server: TestApp;
  let url: string;

  beforeAll(async () => {
    server = await createTestApp({ server: { maxBodyBytes: 2048 } });
    url = `http://127.0.0.1:${await listen(server.app)}`;
  });

  afterAll(() => server.close());

  it.each([
    ['that is too long', {}, 413],
    ['that is compressed', { 'content-encoding': 'gzip' }, 415],
    ['of another type', { 'content-type': 'text/plain' }, 415],
  ])('%s reaches a client that reads while it writes', async (_, headers, status) => {
    const answer = await request(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: Buffer.alloc(bodyBytes, 32),
    });
    expect(answer.statusCode).toBe(status);
    expect(await answer.body.json()).toMatchObject({ error: { code: expect.any(String) as string } });
  });

  it('reaches a client that reads only after it has written, and the connection goes on', async () => {
    const client = new RawClient(url).pause();
    const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n`;
    const next = 'GET /livez HTTP/1.1\r\nHost: x\r\n\r\n';
    client.write(`${head}Content-Length: ${bodyBytes}\r\n\r\n`).write(Buffer.alloc(bodyBytes, 32)).write(next);
    await until(() => client.isFlushed, 'everything to be written');
    client.resume();
    await until(() => client.received.includes('"alive"') || client.isClosed, 'both answers');
    expect(client.received).toMatch(/^HTTP\/1\.1 413 /);
    expect(client.received).toContain('"code":"body_too_large"');
    expect(client.received).toContain('{"status":"alive"}');
    client.vanish();
  });

  it('reaches a client that sends in chunks of unknown number', async () => {
    const client = new RawClient(url).pause();
    const chunk = `${(65_536).toString(16)}\r\n${' '.repeat(65_536)}\r\n`;
    client.write(
      `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`,
    );
    for (let sent = 0; sent < bodyBytes; sent += 65_536) client.write(chunk);
    client.write('0\r\n\r\n');
    await until(() => client.isFlushed, 'everything to be written');
    client.resume();
    await until(() => client.received.includes('body_too_large') || client.isClosed, 'the answer');
    expect(client.received).toMatch(/^HTTP\/1\.1 413 /);
    client.vanish();
  });
});
