import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeVector } from '../../../../src/core/engine/embedding.js';
import { chat, createTestApp, type TestApp, testApp, until } from '../../../support/app.js';
import { linesApp } from '../../../support/lines-app.js';
import { listen } from '../../../support/stream-client.js';

interface Answer {
  readonly data: readonly { readonly index: number; readonly embedding: readonly number[] | string }[];
  readonly usage: { readonly prompt_tokens: number; readonly total_tokens: number };
}

const lengthOf = (vector: Iterable<number>): number => Math.hypot(...vector);

describe('POST /v1/embeddings', () => {
  let shared: TestApp;

  beforeAll(async () => {
    shared = await createTestApp({ engine: { embeddings: true, context: 100 } });
  });

  afterAll(() => shared.close());

  const post = async (body: object): Promise<Answer> => (await shared.post('/v1/embeddings', body)).json<Answer>();

  it('answers in the shape of OpenAI', async () => {
    const response = await shared.post('/embeddings', { input: 'abc', model: 'mock', user: 'someone' });
    expect(response.statusCode).toBe(200);
    expect(response.json<unknown>()).toEqual({
      object: 'list',
      data: [{ object: 'embedding', index: 0, embedding: expect.any(Array) as unknown }],
      model: 'mock',
      usage: { prompt_tokens: 3, total_tokens: 3 },
      timings: {
        queue_ms: 0,
        prefill_ms: 20,
        decode_ms: 0,
        prompt_tokens: 3,
        cached_tokens: 0,
        output_tokens: 0,
      },
    });
  });

  it('gives each input its own vector of length 1, always the same', async () => {
    const { data, usage } = await post({ input: ['abc', 'xyz', 'abc'] });
    expect(data.map(({ index }) => index)).toEqual([0, 1, 2]);
    const [first, second, third] = data.map(({ embedding }) => embedding);
    expect(first).toEqual(third);
    expect(first).not.toEqual(second);
    expect(lengthOf(first as number[])).toBeCloseTo(1, 6);
    expect(usage).toEqual({ prompt_tokens: 9, total_tokens: 9 });
  });

  it.each([
    ['a list of tokens', [97, 98, 99]],
    ['lists of tokens', [[97, 98, 99]]],
  ])('reads %s', async (_what, input) => {
    expect((await post({ input })).data).toEqual((await post({ input: 'abc' })).data);
  });

  it('encodes the same numbers in base64', async () => {
    const [float] = (await post({ input: 'abc', encoding_format: 'float' })).data;
    const [base64] = (await post({ input: 'abc', encoding_format: 'base64' })).data;
    const decoded = decodeVector(String(base64?.embedding));
    expect(Float32Array.from(float?.embedding as number[])).toEqual(decoded);
  });

  it.each(['float', 'base64'])('shortens vectors to some dimensions, as %s', async (format) => {
    const body = { input: 'abc', encoding_format: format };
    const [whole] = (await post({ ...body, encoding_format: 'float' })).data;
    const [short] = (await post({ ...body, dimensions: 8 })).data;
    const values = typeof short?.embedding === 'string' ? [...decodeVector(short.embedding)] : (short?.embedding ?? []);
    expect(values).toHaveLength(8);
    expect(lengthOf(values)).toBeCloseTo(1, 6);
    const first = (whole?.embedding as number[]).slice(0, 8);
    values.forEach((value, index) => {
      expect(value).toBeCloseTo((first[index] ?? 0) / lengthOf(first), 6);
    });
  });

  it.each([
    ['no input', {}, 'input'],
    ['an empty text', { input: '' }, 'input'],
    ['an empty list', { input: [] }, 'input'],
    ['an empty text in a list', { input: ['a', ''] }, 'input.1'],
    ['an empty list of tokens', { input: [[]] }, 'input.0'],
    ['more inputs than 2048', { input: Array.from({ length: 2049 }, () => 'a') }, 'input'],
    ['texts and tokens in one list', { input: ['a', [97]] }, 'input'],
    ['tokens that there are not', { input: [0x20000000] }, 'input'],
    ['tokens that there are not in a list', { input: [[97], [0x20000000]] }, 'input.1'],
    ['too many dimensions', { input: 'a', dimensions: 65 }, 'dimensions'],
    ['another format', { input: 'a', encoding_format: 'int8' }, 'encoding_format'],
    ['vectors of another length', { input: 'a', embd_normalize: -1 }, 'embd_normalize'],
  ])('refuses %s', async (_what, body, param) => {
    const response = await shared.post('/v1/embeddings', body);
    expect(response.statusCode).toBe(400);
    expect(response.json<unknown>()).toMatchObject({
      error: { type: 'invalid_request_error', code: 'invalid_request', param },
    });
  });

  it('accepts an input that fills the context', async () => {
    expect((await post({ input: 'x'.repeat(100) })).usage.total_tokens).toBe(100);
  });

  it('accepts inputs that fill it only together', async () => {
    expect((await post({ input: ['x'.repeat(99), 'y'.repeat(99)] })).usage.total_tokens).toBe(198);
  });

  it('refuses an input that does not fit, in the words that clients look for', async () => {
    const response = await shared.post('/v1/embeddings', { input: ['a', 'x'.repeat(101)] });
    expect(response.statusCode).toBe(400);
    const { error } = response.json<{ error: { message: string } }>();
    expect(error).toMatchObject({
      code: 'context_length_exceeded',
      param: 'input.1',
      n_prompt_tokens: 101,
      n_ctx: 100,
    });
    expect(error.message).toMatch(/^This model's maximum context length is 100 tokens\. .*exceeds the context window/);
  });

  it('refuses another model', async () => {
    const response = await shared.post('/v1/embeddings', { input: 'a', model: 'text-embedding-3-small' });
    expect(response.statusCode).toBe(404);
    expect(response.json<unknown>()).toMatchObject({ error: { code: 'model_not_found' } });
  });

  it.each([
    ['/v1/chat/completions', chat('hello')],
    ['/v1/completions', { prompt: 'hello' }],
    ['/v1/responses', { input: 'hello' }],
    ['/v1/messages', chat('hello', { model: 'mock', max_tokens: 5 })],
    ['/v1/chat/completions/input_tokens', chat('hello')],
    ['/v1/responses/input_tokens', { input: 'hello' }],
    ['/v1/messages/count_tokens', chat('hello', { model: 'mock' })],
    ['/tokenize', chat('hello')],
  ])('is what %s refers to', async (path, body) => {
    const response = await shared.post(path, body);
    expect(response.statusCode).toBe(400);
    expect(response.body).toContain('computes embeddings and generates no text');
    expect(response.body).toContain('/v1/embeddings');
  });

  it('leaves tokens of texts to be counted', async () => {
    const response = await shared.post('/tokenize', { prompt: 'hello' });
    expect(response.json<unknown>()).toMatchObject({ count: 5 });
  });

  it('is described at /v1/models', async () => {
    const { data } = (await shared.get('/v1/models')).json<{ data: unknown[] }>();
    expect(data).toMatchObject([{ meta: { embeddings: { dimensions: 64, pooling: 'mean' } } }]);
  });

  it('counts as a request, with its prompt tokens and no output', async () => {
    const { post: ask, get, log } = await testApp({ engine: { embeddings: true } });
    await ask('/v1/embeddings', { input: ['abc', 'de'] });
    const metrics = (await get('/metrics')).body;
    expect(metrics).toContain('chatstream_requests_total{outcome="completed"} 1');
    expect(metrics).toContain('chatstream_prompt_tokens_total 5');
    expect(metrics).toContain('chatstream_output_tokens_total 0');
    expect(metrics).toContain('chatstream_time_to_first_token_seconds_count 0');
    expect(log.find(({ msg }) => msg === 'request completed')).toMatchObject({ prompt_tokens: 5, output_tokens: 0 });
  });
});

describe('requests for embeddings', () => {
  it('are refused by a server that generates text', async () => {
    const { post } = await testApp();
    const response = await post('/v1/embeddings', { input: 'a' });
    expect(response.statusCode).toBe(400);
    expect(response.json<unknown>()).toMatchObject({
      error: {
        message:
          'This server generates text and computes no embeddings. Start a server with --embeddings and an embedding model.',
        code: 'invalid_request',
        param: 'model',
      },
    });
  });

  it('are refused too many dimensions also by a model that has to be loaded first', async () => {
    const { get, post } = await linesApp({ models: ['one', 'two'], maxLoaded: 1, engine: { embeddings: true } });
    const { data } = (await get('/v1/models')).json<{ data: { id: string; state: string }[] }>();
    const model = data.find(({ state }) => state === 'unloaded')?.id;
    const ask = (dimensions: number) => post('/v1/embeddings', { model, input: ['a', 'b'], dimensions });
    const first = await ask(65);
    expect(first.statusCode).toBe(400);
    expect(first.json<unknown>()).toMatchObject({
      error: {
        message: `"dimensions" must be at most 64, the length of this model's vectors.`,
        code: 'invalid_request',
        param: 'dimensions',
      },
    });
    expect((await ask(64)).statusCode).toBe(200);
  });

  it('take one place in the queue each, and wait in it', async () => {
    const { ask, inference, flyUntil } = await testApp({
      engine: { embeddings: true },
      queue: { maxConcurrency: 1, maxQueue: 1 },
    });
    const first = ask('/v1/embeddings', { input: ['a', 'b', 'c'] });
    await until(() => inference.running === 1);
    const second = ask('/v1/embeddings', { input: ['d', 'e', 'f'] });
    await until(() => inference.waiting === 1);
    const third = await ask('/v1/embeddings', { input: 'g' });
    expect(third.statusCode).toBe(429);
    expect(third.headers['retry-after']).toBeDefined();
    expect((await flyUntil(first)).statusCode).toBe(200);
    expect((await flyUntil(second)).statusCode).toBe(200);
  });

  it('end when their client leaves', async () => {
    const made = await testApp({ engine: { embeddings: true } });
    const { inference } = made;
    const port = await listen(made.app);
    const client = new AbortController();
    const answer = fetch(`http://127.0.0.1:${port}/v1/embeddings`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ input: 'a' }),
      signal: client.signal,
    });
    await until(() => inference.running === 1);
    client.abort();
    await expect(answer).rejects.toThrow();
    await until(() => inference.running === 0);
    expect((await made.get('/v1/queue')).json<unknown>()).toMatchObject({ totals: { cancelled: 1 } });
  });
});
