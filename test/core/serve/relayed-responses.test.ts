import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { testRelay } from '../../support/relay-server.js';
import { until } from '../../support/until.js';

type Answer = (response: ServerResponse) => void;

/** A server that breaks off its answers. */
function breaking(events: readonly string[]): Promise<string> {
  return answering((response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const event of events) response.write(event);
    setTimeout(() => response.destroy(), 50);
  });
}

/** A server that answers each request in the same way. */
async function answering(answer: Answer): Promise<string> {
  const server = createServer((request, response) => {
    if (request.method === 'GET') {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ object: 'list', data: [{ id: 'model', object: 'model' }] }));
      return;
    }
    request.resume();
    answer(response);
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

describe('a refusal after the comments of a stream', () => {
  const openAi = { error: { message: 'Too\nlong: é', type: 'invalid_request_error', param: 'input', code: 'x' } };
  const anthropic = { type: 'error', error: { type: 'invalid_request_error', message: 'Too long.' }, request_id: 'r' };
  const failed = { code: 'upstream_failed' };

  /** The lines of a stream that has waited for another, and that its upstream then refuses; without the comments. */
  async function ending(path: string, body: string): Promise<readonly string[]> {
    const open: ServerResponse[] = [];
    const refuse = (response: ServerResponse | undefined): void => {
      response?.writeHead(400, { 'content-type': 'application/json' });
      response?.end(body);
    };
    const upstream = await answering((response) => {
      open.push(response);
      if (open.length === 2) refuse(response);
    });
    const relay = await testRelay([upstream], { maxConcurrency: 1 });
    const request = { model: 'model', input: 'Hello', messages: [], stream: true };
    const first = relay.post(request, { path });
    await until(() => open.length === 1, 'the first request');
    const second = await relay.post({ ...request, stream_options: { include_queue: true } }, { path });
    refuse(open[0]);
    const text = await second.text();
    expect(text).toMatch(/^: queued/);
    await first;
    return text.split('\n').filter((line) => line !== '' && !line.startsWith(':'));
  }

  const dataIn = (line: string | undefined): unknown => JSON.parse(line?.replace('data: ', '') ?? '');

  it('is an event of a response, with a number', async () => {
    const [event, data] = await ending('/v1/responses', JSON.stringify(openAi, null, 2));
    expect([event, dataIn(data)]).toEqual(['event: error', { ...openAi.error, type: 'error', sequence_number: 0 }]);
  });

  it('is an event of a message', async () => {
    const [event, data] = await ending('/v1/messages', JSON.stringify(anthropic));
    expect([event, dataIn(data)]).toEqual(['event: error', anthropic]);
  });

  it('comes before the end mark of a completion', async () => {
    const [data, mark] = await ending('/v1/chat/completions', JSON.stringify(openAi, null, 2));
    expect([dataIn(data), mark]).toEqual([openAi, 'data: [DONE]']);
  });

  it.each([
    ['/v1/responses', '<html>', { type: 'error', ...failed }],
    ['/v1/messages', '{}', { type: 'error', error: { details: { error_code: failed.code } } }],
    ['/v1/messages', JSON.stringify(openAi), { type: 'error', error: { message: openAi.error.message } }],
    ['/v1/chat/completions', '{"detail":"No."}', { error: failed }],
  ])('is an error of %s if it is %s', async (path, body, error) => {
    const lines = await ending(path, body);
    expect(dataIn(lines.find((line) => line.startsWith('data: {')))).toMatchObject(error);
  });
});
