import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chat, createTestApp, type TestApp, testApp } from '../../support/app.js';
import { listen } from '../../support/stream-client.js';

const chatPath = '/v1/chat/completions';

describe('errors over HTTP', () => {
  let shared: TestApp;

  beforeAll(async () => {
    shared = await createTestApp({ server: { maxBodyBytes: 2048 } });
  });

  afterAll(() => shared.close());

  it.each([
    ['malformed JSON', '{"messages":', 'The body is not valid JSON: unexpected end of JSON input.'],
    ['a line break in a string', '{"messages":"\n"}', expect.stringMatching(/^The body is .* at position 13.*\. Send/)],
    ['nothing', '', 'The body is missing.'],
    ['a list', '[]', 'The body must be an object, not an array.'],
    ['a string', '"hello"', 'The body must be an object, not a string.'],
    ['null', 'null', 'The body is missing.'],
  ])('refuses %s as a body', async (_, body, message) => {
    const answer = await shared.ask(chatPath, body);
    expect(answer.statusCode).toBe(400);
    expect(answer.json<unknown>()).toEqual({
      error: {
        message: typeof message === 'string' ? `${message} Send one JSON object.` : (message as unknown),
        type: 'invalid_request_error',
        param: null,
        code: 'invalid_request',
      },
    });
  });

  it.each(['"__proto__": {"const": 1}', '"constructor": {"prototype": {}}'])(
    'reads a schema with a property that JavaScript knows: %s',
    async (property) => {
      const messages = '"messages": [{"role": "user", "content": "x"}]';
      const format = `"response_format": {"type": "json_schema", "json_schema": {"schema": {"properties": {${property}}}}}`;
      const answer = await shared.ask(chatPath, `{${messages}, ${format}}`);
      expect(answer.body).toContain('The mock engine cannot follow a JSON schema');
    },
  );

  it('takes no prototype from a body', async () => {
    const answer = await shared.ask(chatPath, '{"__proto__": {"messages": [{"role": "user", "content": "x"}]}}');
    expect(answer.json<unknown>()).toMatchObject({ error: { param: 'messages' } });
    expect({}).not.toHaveProperty('messages');
  });

  it('refuses a request without a body', async () => {
    const answer = await shared.app.inject({ method: 'POST', url: chatPath });
    expect(answer.statusCode).toBe(400);
    expect(answer.json<unknown>()).toMatchObject({ error: { code: 'invalid_request' } });
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', 'nonsense'])(
    'says which content type to send instead of %s',
    async (type) => {
      const answer = await shared.ask(chatPath, JSON.stringify(chat('hello')), { 'content-type': type });
      expect(answer.statusCode).toBe(415);
      expect(answer.json<unknown>()).toMatchObject({
        error: {
          message: 'The body is not declared as JSON. Send the header "Content-Type: application/json".',
          type: 'invalid_request_error',
          code: 'unsupported_media_type',
        },
      });
    },
  );

  it.each(['gzip', 'br'])('says that a body may not be compressed with %s', async (encoding) => {
    const answer = await shared.ask(chatPath, JSON.stringify(chat('hello')), { 'content-encoding': encoding });
    expect(answer.statusCode).toBe(415);
    expect(answer.json<unknown>()).toMatchObject({
      error: {
        message: `The body is compressed (${encoding}). Send it uncompressed, without the header "Content-Encoding".`,
        code: 'unsupported_media_type',
      },
    });
  });

  it('accepts a body that is said not to be compressed', async () => {
    const answer = await shared.post(chatPath, chat('hello'), { 'content-encoding': 'identity' });
    expect(answer.statusCode).toBe(200);
  });

  it('accepts JSON with a character set', async () => {
    const type = { 'content-type': 'application/json; charset=utf-8' };
    const answer = await shared.post(chatPath, chat('hello'), type);
    expect(answer.statusCode).toBe(200);
  });

  it('refuses a body over the limit, and names the limit and the flag', async () => {
    const answer = await shared.ask(chatPath, chat('x'.repeat(2048)));
    expect(answer.statusCode).toBe(413);
    expect(answer.json<unknown>()).toEqual({
      error: {
        message:
          "The request body is too large. At most 2048 bytes are accepted; the server's --max-body changes that.",
        type: 'invalid_request_error',
        param: null,
        code: 'body_too_large',
      },
    });
  });

  it('accepts a body of exactly the limit', async () => {
    const rest = JSON.stringify(chat('')).length;
    const answer = await shared.post(chatPath, chat('x'.repeat(2048 - rest)));
    expect(answer.statusCode).toBe(200);
  });

  it.each([
    ['GET', '/nope?a=1', 'There is no GET /nope here. See /openapi.json for all routes.'],
    ['POST', '/nope', 'There is no POST /nope here. See /openapi.json for all routes.'],
    [
      'POST',
      '/api/v1/chat/completions',
      "There is no POST /api/v1/chat/completions here. It is /v1/chat/completions: a client's base URL ends in /v1, with nothing else in its path.",
    ],
    [
      'GET',
      '/v2/models/',
      "There is no GET /v2/models/ here. It is /v1/models: a client's base URL ends in /v1, with nothing else in its path.",
    ],
    [
      'POST',
      '/completion',
      "There is no POST /completion here. This is a route of llama-server's own API. Switch the client to OpenAI's /v1/completions.",
    ],
    ['GET', '/api/livez', 'There is no GET /api/livez here. It is /livez.'],
    ['POST', '/api/livez', 'There is no POST /api/livez here. There is /livez with GET or HEAD.'],
    [
      'GET',
      '/openai/chat/completions',
      "There is no GET /openai/chat/completions here. There is /v1/chat/completions with POST: a client's base URL ends in /v1, with nothing else in its path.",
    ],
  ] as const)('answers %s %s with a 404', async (method, url, message) => {
    const answer = await shared.app.inject({ method, url });
    expect(answer.statusCode).toBe(404);
    expect(answer.json<unknown>()).toEqual({
      error: { message, type: 'invalid_request_error', param: null, code: 'not_found' },
    });
  });

  // Its clients show "[object Object]" for an error that is not a text.
  it.each([
    ['POST', '/api/chat'],
    ['GET', '/api/tags'],
    ['DELETE', '/api/delete'],
    ['POST', '/v1/api/generate?a=1'],
  ] as const)("answers %s %s in Ollama's shape, and says which API to use", async (method, url) => {
    const answer = await shared.app.inject({ method, url });
    expect(answer.statusCode).toBe(404);
    const hint =
      "This is a route of Ollama's own API. Switch the client to OpenAI's API, with a base URL that ends in /v1.";
    expect(answer.json<unknown>()).toEqual({ error: `There is no ${method} ${url.split('?')[0]} here. ${hint}` });
  });

  it.each(['/anthropic/v1/messages', '/anthropic/v1/messages/count_tokens'])(
    "answers POST %s in Anthropic's shape, and says what the base URL is",
    async (url) => {
      const answer = await shared.ask(url, chat('hello'));
      expect(answer.statusCode).toBe(404);
      const meant = url.slice('/anthropic'.length);
      const message = `There is no POST ${url} here. It is ${meant}: Anthropic's clients add /v1 themselves, and their base URL is the server's address alone.`;
      expect(answer.json<unknown>()).toMatchObject({ type: 'error', error: { type: 'not_found_error', message } });
    },
  );

  it.each([
    ['GET', '/v1/chat/completions', 'POST'],
    ['DELETE', '/v1/models/mock', 'GET, HEAD'],
    ['PUT', '/queue', 'GET, HEAD, PATCH'],
    ['POST', '/livez', 'GET, HEAD'],
  ] as const)('answers %s %s with a 405 that allows %s', async (method, url, allowed) => {
    const answer = await shared.app.inject({ method, url });
    expect(answer.statusCode).toBe(405);
    expect(answer.headers.allow).toBe(allowed);
    expect(answer.json<unknown>()).toEqual({
      error: {
        message: `The method ${method} is not allowed for ${url}. Use ${allowed.replaceAll(', ', ' or ')}.`,
        type: 'invalid_request_error',
        param: null,
        code: 'method_not_allowed',
      },
    });
  });

  it('answers a WebSocket with a 426, at which codex goes on without', async () => {
    const headers = { connection: 'Upgrade', upgrade: 'websocket' };
    const answer = await shared.get('/v1/responses', headers);
    expect(answer.statusCode).toBe(426);
    expect(answer.headers.upgrade).toBe('HTTP/1.1');
    expect(answer.json<unknown>()).toMatchObject({ error: { code: 'websocket_unsupported' } });
  });

  it('refuses a URL that is not valid, in the same shape and with an id', async () => {
    const answer = await shared.get('/v1/models/%zz', { 'x-request-id': 'mine' });
    expect(answer.statusCode).toBe(400);
    expect(answer.headers['x-request-id']).toBe('mine');
    expect(answer.json<unknown>()).toMatchObject({ error: { code: 'invalid_request', param: null } });
  });

  it.each(['/v1/chat/completions', '/v1/completions'])('%s serves one model', async (path) => {
    const answer = await shared.ask(path, { ...chat('hello'), prompt: 'hello', model: 'gpt-4' });
    expect(answer.statusCode).toBe(404);
    expect(answer.json<unknown>()).toEqual({
      error: {
        message: 'The model "gpt-4" is not served here. Ask for "mock", or leave the model out.',
        type: 'invalid_request_error',
        param: 'model',
        code: 'model_not_found',
      },
    });
  });

  it.each([
    [chatPath, chat('x'.repeat(100)), 'messages'],
    ['/v1/completions', { prompt: 'x'.repeat(64) }, 'prompt'],
  ])('%s refuses a prompt that does not fit', async (path, body, param) => {
    const { ask } = await testApp({ engine: { context: 64 } });
    const answer = await ask(path, body);
    expect(answer.statusCode).toBe(400);
    expect(answer.json<unknown>()).toMatchObject({
      error: {
        // LiteLLM looks for the beginning, and LangChain for the end of this.
        message: expect.stringMatching(
          /^This model's maximum context length is 64 tokens\. .* exceeds the context window\./,
        ) as string,
        type: 'invalid_request_error',
        code: 'context_length_exceeded',
        param,
        n_prompt_tokens: expect.any(Number) as number,
        n_ctx: 64,
      },
    });
  });

  it('answers what is not HTTP in the same shape, and closes the connection', async () => {
    const socket = connect(await listen(shared.app));
    socket.end('HELLO\r\n\r\n');
    const [head, body] = (await text(socket)).split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(JSON.parse(body ?? '')).toMatchObject({ error: { type: 'invalid_request_error', code: 'invalid_request' } });
  });

  it('answers headers that are too long in the same shape', async () => {
    const socket = connect(await listen(shared.app));
    socket.end(`GET /livez HTTP/1.1\r\nhost: x\r\nlong: ${'x'.repeat(20_000)}\r\n\r\n`);
    const answer = await text(socket);
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
    expect(answer).toContain('"code":"invalid_request"');
  });

  it('answers headers that take too long in the same shape, and closes the connection', async () => {
    const { app } = await testApp();
    const accepted = new Promise<Socket>((resolve) => app.server.once('connection', resolve));
    const socket = connect(await listen(app));
    socket.write('GET /livez HTTP/1.1\r\nhost');
    // What Node.js does when its timer finds the connection.
    const late = Object.assign(new Error('Request timeout'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
    app.server.emit('clientError', late, await accepted);
    const [head, body] = (await text(socket)).split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    expect(JSON.parse(body ?? '')).toMatchObject({ error: { type: 'invalid_request_error', code: 'invalid_request' } });
    expect(app.server.headersTimeout).toBe(30_000);
  });

  it('reports a bug in one sentence, and logs the details', async () => {
    const { app, get, log } = await testApp();
    app.get('/broken', () => {
      throw new TypeError('a bug');
    });
    const answer = await get('/broken');
    expect(answer.statusCode).toBe(500);
    expect(answer.json<unknown>()).toEqual({
      error: {
        message: 'Something went wrong in the server. The server log has the details.',
        type: 'server_error',
        param: null,
        code: 'internal',
      },
    });
    expect(log).toContainEqual(
      expect.objectContaining({
        level: 'error',
        code: 'internal',
        err: expect.objectContaining({ type: 'TypeError', message: 'a bug' }) as object,
      }),
    );
  });
});
