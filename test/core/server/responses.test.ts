import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chat, createTestApp, type TestApp, testApp, until } from '../../support/app.js';
import { namedEvents } from '../../support/named-events.js';
import { openStream, watchEvents } from '../../support/stream-client.js';
import { parseStream } from '../../support/stream-parts.js';

const chatPath = '/v1/chat/completions';
const textPath = '/v1/completions';
const responsePath = '/v1/responses';

const examples = [
  ['post', chatPath, chat('hello'), 200],
  ['post', chatPath, chat('hello', { temperature: 'hot' }), 400],
  ['post', chatPath, chat('hello', { model: 'another' }), 404],
  ['post', chatPath, chat('x'.repeat(3000)), 413],
  ['post', textPath, 'prompt', 415],
  ['post', textPath, { prompt: 'hello' }, 200],
  ['post', '/v1/messages', chat('hello'), 200],
  ['post', '/v1/messages', chat('get_now', { tools: [{ name: 'get_now', input_schema: { type: 'object' } }] }), 200],
  ['post', '/v1/messages', chat('hello', { top_p: 'all' }), 400],
  ['post', '/v1/messages', chat('hello', { model: 'another' }), 404],
  ['post', '/v1/messages', chat('x'.repeat(3000)), 413],
  ['post', '/v1/messages/count_tokens', chat('hello'), 200],
  ['post', '/v1/messages/count_tokens', {}, 400],
  ['post', responsePath, { input: 'hello', instructions: 'Echo.', user: 'me' }, 200],
  ['post', responsePath, { input: 'hello', max_output_tokens: 3 }, 200],
  ['post', responsePath, { input: 'f', tools: [{ type: 'function', name: 'f', parameters: {} }] }, 200],
  ['post', responsePath, { input: 'hello', text: { format: { type: 'json_object' } } }, 200],
  ['post', responsePath, { input: 'hello', previous_response_id: 'resp_1' }, 404],
  ['post', responsePath, {}, 400],
  ['get', `${responsePath}/resp_1`, null, 404],
  ['post', '/v1/conversations', { metadata: { a: 'b' } }, 200],
  ['post', '/v1/conversations', { items: [{ role: 'user' }] }, 400],
  ['post', chatPath, chat('hello', { n: 2 }), 200],
  ['post', `${chatPath}/input_tokens`, chat('hello'), 200],
  ['post', textPath, { prompt: ['a', 'b'], n: 2, echo: true }, 200],
  ['post', textPath, { prompt: 'hello', n: 5 }, 400],
  ['get', '/v1/models', null, 200],
  ['get', '/v1/models/mock', null, 200],
  ['get', '/v1/models/another', null, 404],
  ['post', '/tokenize', { content: 'hello' }, 200],
  ['post', '/tokenize', {}, 400],
  ['post', '/detokenize', { tokens: [104, 105] }, 200],
  ['get', '/v1/queue', null, 200],
  ['patch', '/v1/queue', { max_queue: 63 }, 200],
  ['patch', '/v1/queue', {}, 400],
  ['post', '/v1/feedback', { response_id: 'a', like: true, fields: { b: 1 } }, 200],
  ['post', '/v1/feedback', {}, 400],
  ['get', '/v1/feedback', null, 200],
  ['get', '/v1/feedback?after=b', null, 404],
  ['get', '/v1/history', null, 200],
  ['get', '/v1/resources', null, 200],
  ['get', '/livez', null, 200],
  ['get', '/readyz', null, 200],
  ['get', '/health', null, 200],
] as const;

describe('responses in the OpenAPI document', () => {
  let shared: TestApp;
  let schemaOf: (method: string, path: string, status: number, type?: string) => ValidateFunction;

  beforeAll(async () => {
    shared = await createTestApp({ server: { maxBodyBytes: 2048 } });
    // The document is not a schema itself, and a validator does not know OpenAPI's own keywords in it.
    const ajv = new Ajv2020({ strict: false });
    ajv.addSchema((await shared.get('/openapi.json')).json<object>(), 'openapi');
    schemaOf = (method, path, status, type = 'application/json') => {
      const steps = ['paths', path, method, 'responses', String(status), 'content', type, 'schema'];
      const pointer = steps.map((step) => step.replaceAll('~', '~0').replaceAll('/', '~1')).join('/');
      return ajv.compile({ $ref: `openapi#/${encodeURI(pointer)}` });
    };
  });

  afterAll(() => shared.close());

  function expectToFit(validate: ValidateFunction, value: unknown): void {
    validate(value);
    expect(validate.errors, JSON.stringify(value)).toBeNull();
  }

  it.each(examples)('fit what is answered to %s %s with %j: %d', async (method, path, payload, status) => {
    const answer = await shared.flyUntil(
      shared.app.inject({ method, url: path, ...(payload === null ? {} : { payload }) }),
    );
    expect(answer.statusCode, answer.body).toBe(status);
    const described = path.replace(/\?.*$/, '').replace(/^(\/v1\/(?:models|responses))\/.*/, '$1/{id}');
    expectToFit(schemaOf(method, described, status), answer.json<unknown>());
  });

  it.each([
    [chatPath, chat('hello')],
    [chatPath, chat('hello', { n: 2 })],
    [textPath, { prompt: 'hello' }],
    ['/v1/messages', chat('get_now', { tools: [{ name: 'get_now', input_schema: { type: 'object' } }] })],
    ['/v1/messages', chat('hello')],
    [textPath, { prompt: ['a', 'b'], echo: true }],
  ])('fit each event of a stream of %s', async (path, body) => {
    const client = await openStream(shared.app, { ...body, stream_options: { include_usage: true } }, {}, path);
    const text = await shared.flyUntil(client.finished());
    const events = parseStream(text).flatMap((part) => (part.type === 'data' ? [part.data] : []));
    expect(events.length).toBeGreaterThan(3);
    const validate = schemaOf('post', path, 200, 'text/event-stream');
    for (const event of events) expectToFit(validate, event);
  });

  it.each([
    ['a message', { input: 'hello', max_output_tokens: 3 }],
    ['a call', { input: 'f', tools: [{ type: 'function', name: 'f' }], tool_choice: 'required' }],
  ])('fit each event of a streamed response: %s', async (_name, body) => {
    const client = await openStream(shared.app, body, {}, responsePath);
    const events = namedEvents(await shared.flyUntil(client.finished()));
    expect(events.length).toBeGreaterThan(6);
    const validate = schemaOf('post', responsePath, 200, 'text/event-stream');
    for (const { data } of events) expectToFit(validate, data);
  });

  it('fit the events of the queues', async () => {
    const watcher = await watchEvents(shared.app, '/v1/queue/events');
    void shared.ask(chatPath, chat('hello'));
    await until(() => shared.inference.running === 1);
    await shared.clock.advanceAsync(200);
    await watcher.arrived('event: change');
    const events = namedEvents(watcher.body);
    expect(events.map(({ type }) => type)).toEqual(['snapshot', 'change']);
    const validate = schemaOf('get', '/v1/queue/events', 200, 'text/event-stream');
    for (const { data } of events) expectToFit(validate, data);
    watcher.leave();
  });

  it('fit what is stored of responses and conversations', async () => {
    const { id } = (await shared.post('/v1/conversations', {})).json<{ id: string }>();
    const response = (await shared.post(responsePath, { input: 'hello', conversation: id })).json<{ id: string }>();
    const page = (await shared.get(`/v1/conversations/${id}/items`)).json<{ data: { id: string }[] }>();
    for (const [method, path, named] of [
      ['get', '/v1/responses/{id}', response.id],
      ['get', '/v1/responses/{id}/input_items', response.id],
      ['delete', '/v1/responses/{id}', response.id],
      ['get', '/v1/conversations/{id}', id],
      ['get', '/v1/conversations/{id}/items', id],
      ['get', '/v1/conversations/{id}/items/{item_id}', id],
      ['delete', '/v1/conversations/{id}/items/{item_id}', id],
      ['delete', '/v1/conversations/{id}', id],
    ] as const) {
      const url = path.replace('{id}', named).replace('{item_id}', page.data[0]?.id ?? '');
      const answer = await shared.app.inject({ method, url });
      expect(answer.statusCode, url).toBe(200);
      expectToFit(schemaOf(method, path, 200), answer.json<unknown>());
    }
  });

  it('fit a queue with running and waiting requests', async () => {
    const { app, ask, clock, flyUntil, get, inference } = await testApp({ queue: { maxConcurrency: 1, maxQueue: 1 } });
    const waiting = [ask(chatPath, chat('hello')), ask(chatPath, chat('hello'))];
    await until(() => inference.running === 1 && inference.waiting === 1, 'one in each');
    await clock.advanceAsync(30);
    const view = (await get('/v1/queue')).json<{ running: unknown[]; waiting: unknown[] }>();
    expect([view.running.length, view.waiting.length]).toEqual([1, 1]);
    expectToFit(schemaOf('get', '/v1/queue', 200), view);
    const refusal = await app.inject({ method: 'POST', url: chatPath, payload: chat('hello') });
    expect(refusal.statusCode).toBe(429);
    expectToFit(schemaOf('post', chatPath, 429), refusal.json<unknown>());
    await flyUntil(Promise.all(waiting));
  });

  it('fit a server whose model is still being loaded', async () => {
    const { get } = await testApp({ unloaded: true });
    for (const path of ['/readyz', '/health']) {
      const answer = await get(path);
      expect(answer.statusCode).toBe(503);
      expectToFit(schemaOf('get', path, 503), answer.json<unknown>());
    }
    expectToFit(schemaOf('get', '/v1/models', 200), (await get('/v1/models')).json<unknown>());
  });

  it('fit a missing key', async () => {
    const { get } = await testApp({ server: { apiKeys: ['secret'] } });
    const answer = await get('/v1/models');
    expect(answer.statusCode).toBe(401);
    expectToFit(schemaOf('get', '/v1/models', 401), answer.json<unknown>());
  });

  it('would not fit anything else', () => {
    const validate = schemaOf('post', chatPath, 200);
    expect(validate({ id: 'a' })).toBe(false);
    expect(schemaOf('get', '/v1/queue', 200)({})).toBe(false);
    expect(schemaOf('get', '/v1/models', 200)({ object: 'list', data: [{}] })).toBe(false);
    expect(schemaOf('post', chatPath, 200, 'text/event-stream')({ choices: [] })).toBe(false);
  });
});
