import type { LightMyRequestResponse } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chat, createTestApp, type TestApp, testApp, until } from '../../../support/app.js';
import { ScriptedEngine } from '../../../support/scripted-engine.js';
import { openStream } from '../../../support/stream-client.js';
import { parseStream } from '../../../support/stream-parts.js';

const path = '/v1/messages';
const countPath = '/v1/messages/count_tokens';

let shared: TestApp;

beforeAll(async () => {
  shared = await createTestApp();
});

afterAll(() => shared.close());

/** The types of the events of a stream, and its comments. */
function outline(stream: string): readonly unknown[] {
  return parseStream(stream).map((part) => {
    if (part.type === 'comment') return `: ${part.text}`;
    return part.type === 'data' ? part.data['type'] : part.type;
  });
}

describe('a whole message', () => {
  it('has blocks, a reason, usage and timings', async () => {
    const answer = await shared.post(path, chat('hi', { max_tokens: 3 }));
    expect(answer.statusCode).toBe(200);
    expect(answer.json<unknown>()).toEqual({
      id: expect.stringMatching(/^msg_[0-9a-f]{24}$/) as string,
      type: 'message',
      role: 'assistant',
      model: 'mock',
      content: [{ type: 'text', text: '1 2 3', citations: [] }],
      container: null,
      diagnostics: null,
      stop_details: null,
      stop_reason: 'max_tokens',
      stop_sequence: null,
      usage: {
        input_tokens: 21,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 0,
        output_tokens: 3,
        output_tokens_details: { thinking_tokens: 0 },
        server_tool_use: null,
        cache_creation: null,
        inference_geo: null,
        service_tier: 'standard',
        speed: null,
      },
      timings: { queue_ms: 0, prefill_ms: 20, decode_ms: 20, prompt_tokens: 21, cached_tokens: 0, output_tokens: 3 },
    });
  });

  it.each([
    [{}, 'end_turn', null],
    [{ max_tokens: 2 }, 'max_tokens', null],
    [{ max_tokens: 0 }, 'max_tokens', null],
    [{ stop_sequences: ['nope', ' 3'] }, 'stop_sequence', ' 3'],
  ])('with %j ends with %s', async (parameters, reason, stop) => {
    const answer = await shared.post(path, chat('hi', parameters));
    expect(answer.json<unknown>()).toMatchObject({ stop_reason: reason, stop_sequence: stop });
  });

  it('is empty without tokens', async () => {
    const tools = [{ name: 'f', input_schema: { type: 'object' } }];
    const answer = await shared.post(path, chat('hi', { max_tokens: 0, tools }));
    const usage = { input_tokens: expect.toSatisfy((tokens) => Number(tokens) > 0) as unknown, output_tokens: 0 };
    expect(answer.json<unknown>()).toMatchObject({ content: [], stop_reason: 'max_tokens', usage });
  });

  it('says that the context is full', async () => {
    const { post } = await testApp({ engine: { context: 30, reply: 'long' } });
    const answer = await post(path, chat('hi', { max_tokens: 100 }));
    expect(answer.json<unknown>()).toMatchObject({ stop_reason: 'model_context_window_exceeded' });
  });
});

describe('a streamed message', () => {
  it('has the same text, in order', async () => {
    const client = await openStream(shared.app, chat('hi', { max_tokens: 2, stop_sequences: ['x'] }), {}, path);
    const stream = await shared.flyUntil(client.finished());
    expect(client.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    expect(outline(stream)).toEqual([
      'message_start',
      'content_block_start',
      'ping',
      'content_block_delta',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
  });

  it('is empty without tokens', async () => {
    const client = await openStream(shared.app, chat('hi', { max_tokens: 0 }), {}, path);
    const stream = await shared.flyUntil(client.finished());
    expect(outline(stream)).toEqual(['message_start', 'message_delta', 'message_stop']);
    expect(stream).toContain('"stop_reason":"max_tokens"');
  });

  it('tells the place in the queue before it begins', async () => {
    const { app, ask, flyUntil, inference } = await testApp({ queue: { maxConcurrency: 1 } });
    const first = ask(path, chat('hi', { max_tokens: 3 }));
    await until(() => inference.running === 1);
    const body = chat('hi', { max_tokens: 1, stream_options: { include_queue: true } });
    const client = await openStream(app, body, {}, path);
    await until(() => inference.waiting === 1);
    const [stream] = await flyUntil(Promise.all([client.finished(), first]));
    expect(outline(stream).slice(0, 2)).toEqual([': queued position=1', 'message_start']);
  });

  it('begins with the tokens that were in the cache, and shows thoughts in a block of their own', async () => {
    const engine = new ScriptedEngine({ chatTemplate: '<think></think>' });
    const { app, flyUntil } = await testApp({ makeEngine: () => engine });
    const client = await openStream(app, chat('hi'), {}, path);
    await until(() => engine.specs.length === 1);
    engine.begin(2);
    engine.say('<think>hm');
    engine.end('</think>Yes.');
    const parts = parseStream(await flyUntil(client.finished()));
    const data = parts.flatMap((part) => (part.type === 'data' ? [part.data] : []));
    expect(data[0]).toMatchObject({ message: { usage: { input_tokens: 1, cache_read_input_tokens: 2 } } });
    expect(data.slice(1).map(({ index, delta }) => [index, delta])).toMatchObject([
      [0, undefined],
      // The ping.
      [undefined, undefined],
      [0, { thinking: 'hm' }],
      [0, { signature: '' }],
      [0, undefined],
      [1, undefined],
      [1, { text: 'Yes.' }],
      [1, undefined],
      [undefined, { stop_reason: 'end_turn' }],
      [undefined, undefined],
    ]);
  });

  it('ends with an error event if its engine fails', async () => {
    const engine = new ScriptedEngine();
    const { app, flyUntil } = await testApp({ makeEngine: () => engine });
    const client = await openStream(app, chat('hi'), { 'x-request-id': 'r-7' }, path);
    await until(() => engine.specs.length === 1);
    engine.begin();
    engine.say('Well');
    engine.fail('engine_failed', 'It broke.');
    const last = parseStream(await flyUntil(client.finished())).at(-1);
    expect(last).toMatchObject({
      data: { type: 'error', error: { type: 'api_error', message: 'It broke.' }, request_id: 'r-7' },
    });
  });
});

describe('the number of tokens of a prompt', () => {
  it('is that of the same message', async () => {
    const body = chat('hi', { system: 'Be kind.', tools: [{ name: 'now', input_schema: {} }] });
    const { usage } = (await shared.post(path, body)).json<{ usage: { input_tokens: number } }>();
    const answer = await shared.post(countPath, body);
    expect(answer.json<unknown>()).toEqual({ input_tokens: usage.input_tokens });
  });

  it('may be more than fits into the context, and is not counted as a request', async () => {
    const { ask, inference, log, app } = await testApp({ engine: { context: 30 } });
    const answer = await ask(countPath, chat('x'.repeat(100)));
    expect(answer.json<unknown>()).toEqual({ input_tokens: 119 });
    expect(inference.snapshot()).toMatchObject({ preparing: 0, running: [], waiting: [] });
    expect(log.filter(({ msg }) => msg.startsWith('request'))).toEqual([]);
    const { totals } = (await app.inject('/v1/queue')).json<{ totals: object }>();
    expect(totals).toEqual({ completed: 0, cancelled: 0, refused: 0, timed_out: 0, failed: 0 });
  });

  it('is refused with a full queue, as any request is that the prompt process would have to work on', async () => {
    const { ask, inference, flyUntil } = await testApp({ queue: { maxConcurrency: 1, maxQueue: 0 } });
    const running = ask(path, chat('hi'));
    await until(() => inference.running === 1);
    const answer = await ask(countPath, chat('hi'));
    expect(answer.statusCode).toBe(429);
    expect(answer.headers['retry-after']).toBe('1');
    expect(answer.json<unknown>()).toMatchObject({ type: 'error', error: { type: 'rate_limit_error' } });
    await flyUntil(running);
  });

  it('names what is not supported', async () => {
    const answer = await shared.ask(countPath, chat('hi', { mcp_servers: [{}] }));
    expect(answer.json<unknown>()).toMatchObject({ error: { details: { param: 'mcp_servers' } } });
  });
});

describe("errors under Anthropic's paths", () => {
  const expectError = (answer: LightMyRequestResponse, status: number, type: string, code: string): void => {
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['request-id']).toBe(answer.headers['x-request-id']);
    expect(answer.json<unknown>()).toEqual({
      type: 'error',
      error: {
        type,
        message: expect.any(String) as string,
        details: expect.objectContaining({
          error_code: code,
          param: expect.toSatisfy(() => true) as unknown,
        }) as unknown,
      },
      request_id: answer.headers['request-id'],
    });
  };

  it.each([
    [{ max_tokens: -2, ...chat('x') }, 400, 'invalid_request_error', 'invalid_request'],
    ['{"messages":', 400, 'invalid_request_error', 'invalid_request'],
    [chat('x', { model: 'claude' }), 404, 'not_found_error', 'model_not_found'],
    [chat('x'.repeat(5000)), 400, 'invalid_request_error', 'context_length_exceeded'],
    [chat('x'.repeat(1_100_000)), 413, 'request_too_large', 'body_too_large'],
  ])('have its shape: %#', async (body, status, type, code) => {
    expectError(await shared.post(`${path}?beta=true`, body), status, type, code);
  });

  it('have its shape before a route is found', async () => {
    const answer = await shared.ask('/v1/messages/batches', {});
    expectError(answer, 404, 'not_found_error', 'not_found');
  });

  it('have its shape without a key, which may be in x-api-key', async () => {
    const { ask, post } = await testApp({ server: { apiKeys: ['right'] } });
    expectError(await ask(path, chat('hi')), 401, 'authentication_error', 'invalid_api_key');
    expectError(await ask(path, chat('hi'), { 'x-api-key': 'wrong' }), 401, 'authentication_error', 'invalid_api_key');
    expect((await post(path, chat('hi'), { 'x-api-key': 'right' })).statusCode).toBe(200);
  });

  it('have its shape when the model is not loaded, and say when to try again', async () => {
    const { ask } = await testApp({ unloaded: true });
    const answer = await ask(path, chat('hi'));
    expectError(answer, 503, 'overloaded_error', 'engine_unavailable');
    expect(answer.headers['retry-after']).toBe('1');
  });

  it('have the other shape under other paths', async () => {
    const answer = await shared.ask('/v1/chat/completions', {});
    expect(answer.json<unknown>()).toMatchObject({ error: { code: 'invalid_request' } });
    expect(answer.headers).not.toHaveProperty('request-id');
  });
});
