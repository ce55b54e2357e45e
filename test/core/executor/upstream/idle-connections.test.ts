import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../../src/core/base/clock.js';
import { Upstream } from '../../../../src/core/executor/upstream/upstream.js';

/** A server that streams one token, an upstream for it, and how many connections it has had. */
async function served(): Promise<{ readonly upstream: Upstream; readonly connections: () => number }> {
  let connections = 0;
  const server = createServer((request, response) => {
    if (request.method === 'GET') {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end('data: {"choices":[{"text":"Hi"}]}\n\ndata: [DONE]\n\n');
  });
  server.on('connection', () => (connections += 1)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A server that listens on a port has an address of this form.
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const upstream = new Upstream({ name: 'gpu', baseUrl, slots: 4, models: [], key: null }, systemClock);
  onTestFinished(async () => {
    await upstream.stop();
    server.close();
    server.closeAllConnections();
  });
  await upstream.start();
  return { upstream, connections: () => connections };
}

/** Resolves when the answer has come. */
function answered(upstream: Upstream): Promise<void> {
  const request = { model: 'm', path: '/v1/completions', headers: {}, body: '{}' };
  return new Promise((resolve, reject) => {
    upstream.run(
      { ...request, isResumable: false, isResumption: false },
      {
        whole: reject,
        begun: () => undefined,
        data: () => undefined,
        // From a turn of its own, when the connection is idle again.
        ended: () => setImmediate(resolve),
        failed: reject,
      },
    );
  });
}

describe('an idle connection to an upstream', () => {
  it('takes the next request', async () => {
    const { upstream, connections } = await served();
    await answered(upstream);
    const before = connections();
    for (let request = 0; request < 5; request += 1) await answered(upstream);
    expect(connections()).toBe(before);
  });
});
