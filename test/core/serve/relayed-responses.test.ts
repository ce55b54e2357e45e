import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { testRelay } from '../../support/relay-server.js';

/** A server that breaks off its answers. */
async function breaking(events: readonly string[]): Promise<string> {
  const server = createServer((request, response) => {
    if (request.method === 'GET') {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ object: 'list', data: [{ id: 'model', object: 'model' }] }));
      return;
    }
    request.resume();
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const event of events) response.write(event);
    setTimeout(() => response.destroy(), 50);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const delta = (number: number): string =>
  `event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"word","sequence_number":${number}}\n\n`;

it('numbers the error that ends the events of a response', async () => {
  const relay = await testRelay([await breaking([delta(8), delta(9)])]);
  const answer = await (
    await relay.post({ model: 'model', input: 'Hello', stream: true }, { path: '/v1/responses' })
  ).text();
  const last = answer.trimEnd().split('\n').at(-1) ?? '';
  expect(JSON.parse(last.replace('data: ', ''))).toMatchObject({
    type: 'error',
    code: 'upstream_failed',
    sequence_number: 10,
  });
});
