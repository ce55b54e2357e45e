import { afterAll, beforeAll, expect, it } from 'vitest';
import { streamChat } from '../support/answer-stream.js';
import { queueOf } from '../support/queue-view.js';
import { RawClient } from '../support/raw-client.js';
import { type ServerProcess, startServer } from '../support/server-process.js';
import { until } from '../support/until.js';

let server: ServerProcess;

beforeAll(async () => {
  server = await startServer(['--engine', 'mock', '--max-body', '100000']);
});

afterAll(async () => {
  expect(await server.stop()).toBe(0);
  expect(server.enginePids).toHaveLength(1);
});

const host = 'Host: localhost\r\n';
const json = 'Content-Type: application/json\r\n';
const chat = `POST /v1/chat/completions HTTP/1.1\r\n${host}`;

function chatWith(body: string | Uint8Array, headers = json): Uint8Array {
  const bytes = Buffer.from(body);
  return Buffer.concat([Buffer.from(`${chat}${headers}Content-Length: ${bytes.length}\r\n\r\n`), bytes]);
}

function nested(depth: number): string {
  return '{"a":'.repeat(depth) + '1' + '}'.repeat(depth);
}

const requests: Readonly<Record<string, string | Uint8Array>> = {
  'no HTTP at all': 'HELP\r\n\r\n',
  'binary garbage': Buffer.from(Array.from({ length: 4096 }, (_, index) => (index * 7919) % 256)),
  'a header without a name': `GET /livez HTTP/1.1\r\n${host}: nothing\r\n\r\n`,
  'headers without end': `GET /livez HTTP/1.1\r\n${host}X: ${'x'.repeat(100_000)}\r\n\r\n`,
  'a path that cannot be decoded': `GET /v1/models/%zz HTTP/1.1\r\n${host}\r\n`,
  'a length that is no number': `${chat}${json}Content-Length: many\r\n\r\n{}`,
  'chunks that are none': `${chat}${json}Transfer-Encoding: chunked\r\n\r\nzz\r\nnonsense\r\n`,
  'an empty body': chatWith(''),
  'half a body of JSON': chatWith('{"messages": [{"role": "us'),
  'a body that is not UTF-8': chatWith(Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d])),
  'a body that is null': chatWith('null'),
  'a body that is a list': chatWith('[1, 2, 3]'),
  'a body that reaches for prototypes': chatWith('{"__proto__": {"messages": []}, "messages": []}'),
  'a body 40,000 lists deep': chatWith('{"messages": ' + '['.repeat(40_000) + ']'.repeat(40_000) + '}'),
  'a JSON schema 9,000 objects deep': chatWith(
    `{"messages": [{"role": "user", "content": "x"}], "response_format": {"type": "json_schema", "json_schema": {"schema": ${nested(9000)}}}}`,
  ),
  'a body of another type': chatWith('<messages/>', 'Content-Type: application/xml\r\n'),
  'a body longer than allowed': chatWith(JSON.stringify({ messages: 'x'.repeat(100_000) })),
  'messages of the wrong type': chatWith('{"messages": "Hello"}'),
};

it.each(Object.entries(requests))('answers %s with an error in OpenAI’s shape, and lives on', async (_name, bytes) => {
  const client = new RawClient(server.url).write(bytes);
  const body = await until(() => {
    const [head = '', text = ''] = client.received.split('\r\n\r\n');
    const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? NaN);
    return Buffer.byteLength(text) >= length && { head, text };
  }, 'the answer');
  client.vanish();
  expect(body.head).toMatch(/^HTTP\/1\.1 4(00|13|15|31) /);
  expect(JSON.parse(body.text)).toMatchObject({
    error: {
      message: expect.stringMatching(/\S/) as unknown,
      type: 'invalid_request_error',
      code: expect.stringMatching(/^(invalid_request|body_too_large|unsupported_media_type)$/) as unknown,
    },
  });
  expect((await fetch(`${server.url}/livez`)).status).toBe(200);
});

it('does not mind requests that stop halfway', async () => {
  const clients = [
    new RawClient(server.url),
    new RawClient(server.url).write('POST /v1/chat/comp'),
    new RawClient(server.url).write(`${chat}${json}Content-Length: 1000\r\n\r\n{"messages": [`),
  ];
  for (const client of clients) client.vanish();
  await Promise.all(clients.map(({ closed }) => closed));
  expect(await streamChat(server.url, 'Hello.').ended).toMatchObject({ isComplete: true });
});

it('serves as before after all of it', async () => {
  expect(await streamChat(server.url, 'Hello.', { max_tokens: 3 }).ended).toMatchObject({
    text: '1 2 3',
    isComplete: true,
  });
  expect(await queueOf(server.url)).toMatchObject({ running: [], waiting: [] });
});
