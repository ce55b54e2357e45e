import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { Pool } from 'undici';
import { expect, it, onTestFinished } from 'vitest';
import { probesThrough } from '../../../../src/core/executor/upstream/probe.js';

it('an upstream whose list of models does not end is not read to the end of the memory', async () => {
  const piece = Buffer.alloc(64 * 1024, ' ');
  let pieces = 0;
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const endless = function* (): Generator<Buffer> {
      for (; pieces < 16_000; pieces += 1) yield piece;
    };
    void pipeline(endless, response).catch(() => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A server that listens on a port has an address of this form.
  const pool = new Pool(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  onTestFinished(async () => {
    await pool.destroy();
    server.close();
    server.closeAllConnections();
  });
  const ask = probesThrough(pool, '', null, 60_000);
  await expect(ask('/v1/models')).rejects.toThrow('its /v1/models does not end');
  expect(pieces).toBeLessThan(4000);
});
