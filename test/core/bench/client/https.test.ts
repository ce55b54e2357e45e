import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { microsNow } from '../../../../src/core/base/micros.js';
import { selfSigned } from '../../../support/self-signed.js';
import { clientOf, goodAnswer, serve } from './client-setup.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('https', () => {
  it('streams', async () => {
    // The certificate is its own authority, and Node takes further ones only at its start.
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const server = await serve(goodAnswer, selfSigned);
    const client = clientOf(server.url);
    await client.connect(2);
    expect(await client.send('{}', microsNow())).toMatchObject({ status: 'completed', tokenChunks: 2 });
    expect(await client.send('{}', microsNow())).toMatchObject({ status: 'completed', reconnects: 0 });
    expect(server.connections).toBe(2);
    vi.restoreAllMocks();
  });

  it.each([
    { ca: selfSigned.cert, insecure: false },
    { ca: null, insecure: true },
  ])('streams with a certificate that is trusted by name, or with any: %j', async (trust) => {
    const server = await serve(goodAnswer, selfSigned);
    const client = clientOf(server.url, { transport: { socketPath: null, trust } });
    await client.connect(1);
    expect(await client.send('{}', microsNow())).toMatchObject({ status: 'completed', tokenChunks: 2 });
  });

  it('fails with a certificate that is not trusted, and names the flags', async () => {
    const server = await serve(goodAnswer, selfSigned);
    expect(await clientOf(server.url).send('{}', microsNow())).toMatchObject({
      status: 'failed',
      code: 'tls_error',
      message: expect.stringMatching(/--ca .* --insecure/) as string,
    });
  });

  it('fails with a server that does not speak it', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(async () => {
      server.close();
      await once(server, 'close');
    });
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const outcome = await clientOf(`https://127.0.0.1:${String(port)}`).send('{}', microsNow());
    expect(outcome).toMatchObject({ status: 'failed', code: 'tls_error' });
  });
});
