import OpenAI, { APIUserAbortError, BadRequestError, NotFoundError, RateLimitError } from 'openai';
import { Type } from 'typebox';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { proves } from '../../support/clients/proofs.js';
import { rejection } from '../../support/clients/rejection.js';
import { nonsense, Served, servers } from '../../support/clients/served.js';
import { parseAs } from '../../support/parse-as.js';
import { checkedResponse } from '../../support/protocols/response-stream.js';
import { until } from '../../support/until.js';

const request = { input: 'Tell me a story.', max_output_tokens: 60 };
/** A parameter that the official types do not have. */
const seeded = { ...request, seed: 7 };
/** Long enough to still run when the test looks, even if the test was held up for some seconds. */
const endless = { ...request, max_output_tokens: 32_000, ignore_eos: true };

const served = new Served(nonsense());
const mock = new Served(servers.echo);
/** Of a server with a real engine and a model that talks nonsense. */
let client: OpenAI;
/** Of a server that echoes and calls functions. */
let echo: OpenAI;

beforeAll(() => {
  client = new OpenAI({ baseURL: served.baseUrl, apiKey: 'none', maxRetries: 0 });
  echo = new OpenAI({ baseURL: mock.baseUrl, apiKey: 'none', maxRetries: 0 });
});

afterEach(async () => {
  await served.untilIdle();
});

describe('responses', () => {
  it('come whole, with usage', proves('openai: responses', 'whole'), async () => {
    const response = await client.responses.create(request);
    expect(response).toMatchObject({ object: 'response', model: served.model });
    expect(['completed', 'incomplete']).toContain(response.status);
    expect(response.output_text).not.toBe('');
    expect(response.usage?.output_tokens).toBeGreaterThan(0);
    expect(response.usage?.total_tokens).toBe(
      (response.usage?.input_tokens ?? 0) + (response.usage?.output_tokens ?? 0),
    );
  });

  it('come as a stream of the same text for the same seed', proves('openai: responses', 'streamed'), async () => {
    const whole = await client.responses.create(seeded);
    let text = '';
    const events: unknown[] = [];
    for await (const event of await client.responses.create({ ...seeded, stream: true })) {
      events.push(event);
      if (event.type === 'response.output_text.delta') text += event.delta;
    }
    expect(text).toBe(whole.output_text);
    expect(checkedResponse(events).output).toMatchObject([{ content: [{ text }] }]);
  });

  it('work with the client’s stream helper', async () => {
    const stream = client.responses.stream(seeded);
    const pieces: string[] = [];
    stream.on('response.output_text.delta', ({ delta }) => pieces.push(delta));
    const final = await stream.finalResponse();
    expect(final.output_text).toBe(pieces.join(''));
    expect(final.usage?.output_tokens).toBeGreaterThan(0);
  });

  it('go on with a conversation in which OpenAI has searched the web', async () => {
    const input: OpenAI.Responses.ResponseInput = [
      { role: 'user', content: request.input },
      { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'for OpenAI' },
      { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { type: 'search', query: 'queues' } },
      { role: 'assistant', content: 'Once there was a queue.' },
      { role: 'user', content: 'And then?' },
    ];
    const { data, response } = await client.responses.create({ ...seeded, input }).withResponse();
    expect(data.output_text).not.toBe('');
    expect(response.headers.get('x-chatstream-left-out')).toBe('web_search_call');
  });

  it('are parsed by the client if they have a schema', proves('openai: responses', 'schemas'), async () => {
    const schema = {
      type: 'object',
      properties: { mood: { enum: ['calm', 'stormy'] }, windy: { type: 'boolean' } },
      required: ['mood', 'windy'],
      additionalProperties: false,
    };
    const format = { type: 'json_schema' as const, name: 'weather', schema, strict: true };
    const response = await client.responses.parse({ ...request, max_output_tokens: 400, text: { format } });
    expect(response.status).toBe('completed');
    const weather = Type.Object({ mood: Type.Enum(['calm', 'stormy']), windy: Type.Boolean() });
    expect(parseAs(weather, response.output_parsed)).toEqual(JSON.parse(response.output_text));
  });

  it(
    'free their slot when the client aborts in mid-stream, and are stored as cancelled',
    proves('openai: responses', 'aborted'),
    async () => {
      const stream = await client.responses.create({ ...endless, stream: true });
      let id = '';
      for await (const event of stream) {
        if (event.type === 'response.created') ({ id } = event.response);
        if (event.type !== 'response.output_text.delta') continue;
        expect((await served.queue()).running).toHaveLength(1);
        stream.controller.abort();
        break;
      }
      await served.untilIdle();
      await until(async () => (await client.responses.retrieve(id)).status === 'cancelled', 'it to be cancelled');
    },
  );

  it(
    'free their slot when the client gives up waiting for the whole',
    proves('openai: responses', 'aborted'),
    async () => {
      const controller = new AbortController();
      const answer = rejection(client.responses.create(endless, { signal: controller.signal }));
      await served.untilRunning();
      controller.abort();
      expect(await answer).toBeInstanceOf(APIUserAbortError);
      await served.untilIdle();
    },
  );
});

describe('responses that continue each other', () => {
  it('find the turn before in the cache', proves('openai: responses', 'turns'), async () => {
    const first = await client.responses.create(request);
    const second = await client.responses.create({ ...request, input: 'Go on.', previous_response_id: first.id });
    expect(second.previous_response_id).toBe(first.id);
    expect(second.usage?.input_tokens).toBeGreaterThan(first.usage?.total_tokens ?? Infinity);
    expect(second.usage?.input_tokens_details.cached_tokens).toBeGreaterThan(
      (first.usage?.input_tokens ?? Infinity) / 2,
    );
  });

  it('call a function and take its result', proves('openai: responses', 'tools'), async () => {
    const tool = {
      type: 'function' as const,
      name: 'get_weather',
      strict: true,
      parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    };
    const stream = echo.responses.stream({ input: 'get_weather {"city":"Oslo"}', tools: [tool] });
    const first = await stream.finalResponse();
    const [call] = first.output;
    if (call?.type !== 'function_call') throw new Error('There is no call.');
    expect([call.name, call.arguments]).toEqual(['get_weather', '{"city":"Oslo"}']);
    const result = { type: 'function_call_output' as const, call_id: call.call_id, output: '9 °C' };
    const next = await echo.responses.create({ previous_response_id: first.id, input: [result], tools: [tool] });
    expect(next.output_text).toBe('get_weather {"city":"Oslo"}');
  });

  it('can be read, listed and deleted', async () => {
    const input = [
      { role: 'user' as const, content: 'one' },
      { role: 'user' as const, content: 'two' },
    ];
    const response = await echo.responses.create({ input });
    expect(await echo.responses.retrieve(response.id)).toMatchObject({ id: response.id, output: response.output });
    const texts: unknown[] = [];
    for await (const item of echo.responses.inputItems.list(response.id, { order: 'asc', limit: 1 })) {
      if (item.type === 'message') texts.push(item.content[0]);
    }
    expect(texts).toMatchObject([{ text: 'one' }, { text: 'two' }]);
    await echo.responses.delete(response.id);
    expect(await rejection(echo.responses.retrieve(response.id))).toBeInstanceOf(NotFoundError);
  });
});

describe('what is refused', () => {
  it('is named', async () => {
    const searching = { input: 'Hi', tools: [{ type: 'web_search' as const }] };
    const error = await rejection(client.responses.create(searching));
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({ status: 400, code: 'invalid_request', param: 'tools.0.type' });
  });

  it('is an input that is too long, unless it may be shortened', async () => {
    const long = { input: 'x'.repeat(2500), max_output_tokens: 1 };
    const first = await echo.responses.create(long);
    const next = { ...long, previous_response_id: first.id };
    const error = await rejection(echo.responses.create({ ...next, stream: true }));
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({ status: 400, code: 'context_length_exceeded', param: 'input' });
    const dropping = { truncation: 'auto' as const };
    const shortened = await echo.responses.create({ ...next, ...dropping });
    expect(shortened.usage?.input_tokens).toBe(first.usage?.input_tokens);
  });

  it('is told when to retry if the queue is full', async () => {
    await served.resize({ max_concurrency: 1, max_queue: 0 });
    const blocker = await client.responses.create({ ...endless, stream: true });
    await served.untilRunning();

    const refused = await rejection(client.responses.create({ ...request, stream: true }));
    expect(refused).toBeInstanceOf(RateLimitError);
    expect(refused).toMatchObject({ status: 429, code: 'queue_full', type: 'rate_limit_error' });
    if (refused instanceof RateLimitError) expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    blocker.controller.abort();
    await served.resize({ max_concurrency: 2, max_queue: 8 });
  });
});
