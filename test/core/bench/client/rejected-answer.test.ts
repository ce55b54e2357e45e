import { describe, expect, it } from 'vitest';
import { microsNow } from '../../../../src/core/base/micros.js';
import { clientOf, done, goodAnswer, outcomeOf, serve, stop, token } from './client-setup.js';

const json = ['Content-Type: application/json'];

describe('an answer that is not a stream', () => {
  const error = (code: string | number | null): string =>
    JSON.stringify({ error: { code, message: 'Come\nback  later.' } });

  it.each([
    [
      '429 Too Many Requests',
      [...json, 'Retry-After: 2'],
      error('queue_full'),
      'refused',
      'queue_full',
      'Come back later.',
    ],
    ['503 Service Unavailable', json, error(null), 'refused', 'http_503', 'Come back later.'],
    ['400 Bad Request', json, error(400), 'failed', 'http_400', 'Come back later.'],
    ['422 Unprocessable Entity', json, '{"detail":"No such field."}', 'failed', 'http_422', 'No such field.'],
    [
      '502 Bad Gateway',
      ['Content-Type: text/html'],
      '<html><head><title>502 Bad Gateway</title></head><body><h1>nginx</h1></body></html>',
      'failed',
      'http_502',
      '502 Bad Gateway',
    ],
    ['500 Internal Server Error', [], '', 'failed', 'http_500', 'The server answered with status 500 and no message.'],
    [
      '307 Temporary Redirect',
      ['Location: /v2'],
      '',
      'failed',
      'http_307',
      'The server redirects to /v2: use that URL.',
    ],
    ['200 OK', json, error('overloaded'), 'failed', 'overloaded', 'Come back later.'],
  ] as const)('%s %j %j', async (httpStatus, headers, body, status, code, message) => {
    const outcome = await outcomeOf((exchange) => exchange.answer(httpStatus, headers, body));
    expect(outcome).toMatchObject({ status, code, message });
  });

  it('fails as not streaming if it is a whole answer in JSON', async () => {
    const outcome = await outcomeOf((exchange) =>
      exchange.answer('200 OK', json, '{"object":"chat.completion","choices":[{"message":{"content":"Hi"}}]}'),
    );
    expect(outcome).toMatchObject({
      status: 'failed',
      code: 'not_streaming',
      message:
        'The server answered with one JSON body instead of an event stream: it ignores "stream": true. --no-stream measures such answers.',
    });
  });

  it.each([
    ['text/html', '<html>Welcome</html>'],
    ['application/x-ndjson', '{"message":{"content":"Hi"}}\n{"message":{"content":"!"}}\n'],
    ['text/plain', 'da'],
  ])('fails as not streaming if it is %s', async (type, body) => {
    const outcome = await outcomeOf((exchange) => exchange.answer('200 OK', [`Content-Type: ${type}`], body));
    expect(outcome).toMatchObject({ status: 'failed', code: 'not_streaming' });
    expect(outcome).toHaveProperty('message', expect.stringContaining(`answered with ${type} instead`));
  });

  it('leaves the connection fit for the next request', async () => {
    const server = await serve((exchange) =>
      server.exchanges.length === 1 ? exchange.answer('429 Too Many Requests', json, '{}') : goodAnswer(exchange),
    );
    const client = clientOf(server.url);
    expect(await client.send('{}', microsNow())).toMatchObject({ status: 'refused', code: 'http_429' });
    expect(await client.send('{}', microsNow())).toMatchObject({ status: 'completed', reconnects: 0 });
    expect(server.connections).toBe(1);
  });

  it('is not read to its end if it has none', async () => {
    const outcome = await outcomeOf(async (exchange) => {
      await exchange.write('HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/plain\r\n\r\n');
      for (let line = 0; !exchange.socket.destroyed; line += 1) await exchange.write('It went wrong. '.repeat(200));
    });
    expect(outcome).toMatchObject({ status: 'failed', code: 'http_500' });
    expect(outcome).toHaveProperty('message', expect.stringMatching(/^It went wrong\. .{200,285}…$/));
  });
});

describe('an event stream with a wrong label', () => {
  it.each([
    ['text/plain', token],
    ['application/json; charset=utf-8', token],
    ['text/plain', `: welcome\n\n${token}`],
    ['text/plain', `\n\nevent: message\n${token}`],
    ['text/plain', `\uFEFFid: 1\n${token}`],
    [null, token],
  ])('is measured as what it is: %s, %j', async (type, first) => {
    const outcome = await outcomeOf(async (exchange) => {
      const head = [
        'HTTP/1.1 200 OK',
        ...(type === null ? [] : [`Content-Type: ${type}`]),
        'Transfer-Encoding: chunked',
      ];
      await exchange.write([...head, '', ''].join('\r\n'));
      // In pieces too small to tell.
      await exchange.writeChunk(first.slice(0, 2));
      await exchange.writeChunk(first.slice(2, 4));
      await exchange.writeChunk(first.slice(4));
      await exchange.writeChunk(token + stop + done);
      await exchange.endStream();
    });
    expect(outcome).toMatchObject({ status: 'completed', tokenChunks: 2 });
  });
});
