import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { chat, createTestApp, type TestApp, testApp, until } from '../../../support/app.js';
import { ScriptedEngine } from '../../../support/scripted-engine.js';

const chatPath = '/v1/chat/completions';

let shared: TestApp;

beforeAll(async () => {
  shared = await createTestApp();
});

afterAll(() => shared.close());

describe('a whole answer', () => {
  it('to a chat is a message, with usage and timings', async () => {
    const before = Math.floor(Date.now() / 1000);
    const answer = await shared.post(chatPath, chat('hi', { max_tokens: 3 }));
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    const body = answer.json<Record<string, unknown>>();
    expect(body).toEqual({
      id: expect.stringMatching(/^chatcmpl-[0-9a-f-]{36}$/) as string,
      object: 'chat.completion',
      created: expect.any(Number) as number,
      model: 'mock',
      system_fingerprint: expect.stringMatching(/^fp_[0-9a-f]{10}$/) as string,
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: '1 2 3', refusal: null },
          logprobs: null,
          finish_reason: 'length',
        },
      ],
      usage: {
        prompt_tokens: 21,
        completion_tokens: 3,
        total_tokens: 24,
        prompt_tokens_details: { cached_tokens: 0 },
        completion_tokens_details: { reasoning_tokens: 0 },
      },
      timings: {
        queue_ms: 0,
        prefill_ms: 20,
        decode_ms: 20,
        prompt_tokens: 21,
        cached_tokens: 0,
        output_tokens: 3,
      },
    });
    expect(body['created']).toBeGreaterThanOrEqual(before);
  });

  it('to a completion is a text, with usage and timings', async () => {
    const answer = await shared.post('/v1/completions', { prompt: 'hi', max_tokens: 2 });
    expect(answer.json<unknown>()).toEqual({
      id: expect.stringMatching(/^cmpl-[0-9a-f-]{36}$/) as string,
      object: 'text_completion',
      created: expect.any(Number) as number,
      model: 'mock',
      system_fingerprint: expect.stringMatching(/^fp_[0-9a-f]{10}$/) as string,
      choices: [{ index: 0, text: '1 2', logprobs: null, finish_reason: 'length' }],
      usage: {
        prompt_tokens: 2,
        completion_tokens: 2,
        total_tokens: 4,
        prompt_tokens_details: { cached_tokens: 0 },
        completion_tokens_details: { reasoning_tokens: 0 },
      },
      timings: { queue_ms: 0, prefill_ms: 20, decode_ms: 10, prompt_tokens: 2, cached_tokens: 0, output_tokens: 2 },
    });
  });

  it('that ended by itself has the finish reason stop', async () => {
    const answer = await shared.post(chatPath, chat('hi'));
    expect(answer.json<unknown>()).toMatchObject({ choices: [{ finish_reason: 'stop' }] });
  });

  it('has as many tokens as the server allows by default when the request sets no limit', async () => {
    const { post } = await testApp({ engine: { reply: 'long' }, server: { defaultMaxTokens: 7 } });
    const answer = await post(chatPath, chat('hi'));
    expect(answer.json<unknown>()).toMatchObject({ usage: { completion_tokens: 7 } });
  });

  it('ends at the edge of the context', async () => {
    const { post } = await testApp({ engine: { reply: 'long', context: 26 } });
    const answer = await post(chatPath, chat('hi'));
    expect(answer.json<unknown>()).toMatchObject({
      usage: { prompt_tokens: 21, completion_tokens: 5 },
      choices: [{ finish_reason: 'length' }],
    });
  });

  it('names the model that is served', async () => {
    const answer = await shared.post(chatPath, chat('hi', { model: 'mock' }));
    expect(answer.json<unknown>()).toMatchObject({ model: 'mock' });
  });

  it('has the same fingerprint as long as the server is the same', async () => {
    const other = await testApp({ engine: { context: 64 } });
    const apps = [shared, shared, other];
    const answers = await Promise.all(apps.map(({ post }) => post(chatPath, chat('hi', { max_tokens: 1 }))));
    const [first, second, third] = answers.map(
      (answer) => answer.json<Record<string, unknown>>()['system_fingerprint'],
    );
    expect(second).toBe(first);
    expect(third).not.toBe(first);
  });

  it.each([chatPath, '/v1/completions'])('of %s repeats the service tier', async (path) => {
    const answer = await shared.post(path, { ...chat('hi'), prompt: 'hi', max_tokens: 1, service_tier: 'flex' });
    expect(answer.json<unknown>()).toMatchObject({ service_tier: 'flex' });
  });

  it.each([
    [{ max_tokens: -1 }, 43],
    [{ max_completion_tokens: -1, max_tokens: 3 }, 43],
    [{ n_predict: -1 }, 43],
  ])('has as many tokens as fit with %j', async (body, expected) => {
    const { post } = await testApp({ engine: { reply: 'long', context: 64 }, server: { defaultMaxTokens: 7 } });
    const answer = await post(chatPath, chat('hi', body));
    expect(answer.json<unknown>()).toMatchObject({ usage: { completion_tokens: expected } });
  });

  it('says how many prompt tokens were cached', async () => {
    const engine = new ScriptedEngine();
    const { ask, inference } = await testApp({ makeEngine: () => engine });
    const answering = ask(chatPath, chat('hi'));
    await until(() => inference.running === 1);
    engine.begin(2);
    engine.end('text');
    const answer = await answering;
    expect(answer.json<unknown>()).toMatchObject({
      usage: { prompt_tokens: 3, prompt_tokens_details: { cached_tokens: 2 } },
      timings: { cached_tokens: 2 },
    });
  });

  it('says how long the request waited', async () => {
    const { ask, flyUntil, inference } = await testApp({ queue: { maxConcurrency: 1 } });
    const first = ask(chatPath, chat('hi', { max_tokens: 4 }));
    await until(() => inference.running === 1);
    const second = ask(chatPath, chat('hi', { max_tokens: 4 }));
    await until(() => inference.waiting === 1);
    const [, answer] = await flyUntil(Promise.all([first, second]));
    expect(answer.json<unknown>()).toMatchObject({ timings: { queue_ms: 50, prefill_ms: 20, decode_ms: 30 } });
  });
});

describe('what the engine is given', () => {
  it.each([
    [chatPath, chat('hi')],
    ['/v1/completions', { prompt: 'hi' }],
  ])('by %s carries every parameter of the request', async (path, body) => {
    const generate = vi.spyOn(shared.engine, 'generate');
    await shared.post(path, {
      ...body,
      max_completion_tokens: 3,
      temperature: 0.1,
      top_p: 0.2,
      top_k: 3,
      min_p: 0.4,
      seed: 5,
      stop: ['six'],
      presence_penalty: 0.7,
      frequency_penalty: 0.8,
      repeat_penalty: 0.9,
      logit_bias: { 10: -1 },
      response_format: { type: 'json_object' },
      ignore_eos: true,
    });
    expect(generate).toHaveBeenCalledWith(
      expect.objectContaining({
        maxTokens: 3,
        sampling: {
          temperature: 0.1,
          topP: 0.2,
          topK: 3,
          minP: 0.4,
          seed: 5,
          presencePenalty: 0.7,
          frequencyPenalty: 0.8,
          repeatPenalty: 0.9,
          penaltyTokens: null,
          xtc: null,
          dry: null,
          logitBias: { 10: -1 },
        },
        stop: ['six'],
        format: { type: 'json_object', param: 'response_format' },
        ignoreEos: true,
      }),
    );
    generate.mockRestore();
  });
});

describe('a request that is refused', () => {
  it('because the queue is full is told when to try again', async () => {
    const { ask, inference } = await testApp({ queue: { maxConcurrency: 1, maxQueue: 0 } });
    void ask(chatPath, chat('hi'));
    await until(() => inference.running === 1);
    const answer = await ask(chatPath, chat('hi'));
    expect(answer.statusCode).toBe(429);
    expect(answer.headers['retry-after']).toBe('1');
    expect(answer.json<unknown>()).toEqual({
      error: {
        message: 'The queue is full: 1 of 1 generations run and no request may wait. Try again in 1 s.',
        type: 'rate_limit_error',
        param: null,
        code: 'queue_full',
      },
    });
  });

  it('is told a retry time from measured completions', async () => {
    const { ask, inference, clock } = await testApp({
      engine: { prefillMs: 7000 },
      queue: { maxConcurrency: 1, maxQueue: 1 },
    });
    void ask(chatPath, chat('hi', { max_tokens: 1 }));
    await until(() => inference.running === 1);
    void ask(chatPath, chat('hi', { max_tokens: 1 }));
    await until(() => inference.waiting === 1);
    await clock.advanceAsync(7000);
    void ask(chatPath, chat('hi', { max_tokens: 1 }));
    await until(() => inference.waiting === 1);
    const answer = await ask(chatPath, chat('hi'));
    // One completion in seven seconds; one waits, and this one would be the second.
    expect(answer.headers['retry-after']).toBe('14');
  });

  it('because it waited too long is told when to try again', async () => {
    const { ask, inference, clock } = await testApp({
      engine: { prefillMs: 10_000 },
      queue: { maxConcurrency: 1, queueTimeoutMs: 5000 },
    });
    void ask(chatPath, chat('hi', { max_tokens: 1 }));
    await until(() => inference.running === 1);
    const answering = ask(chatPath, chat('hi'));
    await until(() => inference.waiting === 1);
    await clock.advanceAsync(5000);
    const answer = await answering;
    expect(answer.statusCode).toBe(503);
    // Nothing has ended in the five seconds so far.
    expect(answer.headers['retry-after']).toBe('5');
    expect(answer.json<unknown>()).toMatchObject({
      error: { type: 'service_unavailable_error', code: 'queue_timeout', param: null },
    });
  });

  it('because the server drains is told when to try again', async () => {
    const { ask, inference } = await testApp();
    await inference.drain();
    const answer = await ask(chatPath, chat('hi'));
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('1');
    expect(answer.json<unknown>()).toMatchObject({ error: { code: 'draining' } });
  });

  it('because the server ends before its answer is complete gets no half of it', async () => {
    const engine = new ScriptedEngine();
    const { ask, inference } = await testApp({ makeEngine: () => engine });
    const answering = ask(chatPath, chat('hi'));
    await until(() => inference.running === 1);
    engine.say('half of');
    inference.abandonRunning();
    const answer = await answering;
    expect(answer.statusCode).toBe(503);
    expect(answer.json<unknown>()).toMatchObject({ error: { code: 'draining' } });
  });

  it('because the model is still being loaded is told when to try again', async () => {
    const { ask } = await testApp({ unloaded: true });
    const answer = await ask(chatPath, chat('hi', { model: 'any' }));
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('1');
    expect(answer.json<unknown>()).toMatchObject({ error: { code: 'engine_unavailable' } });
  });

  it('because the engine is down is told when to try again', async () => {
    const engine = new ScriptedEngine();
    const { ask, inference } = await testApp({ makeEngine: () => engine });
    const answering = ask(chatPath, chat('hi'));
    await until(() => inference.running === 1);
    engine.fail('engine_unavailable', 'It crashed.');
    const answer = await answering;
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('1');
    expect(answer.json<unknown>()).toMatchObject({ error: { code: 'engine_unavailable' } });
  });

  it('because the engine cannot generate its format is told the parameter', async () => {
    const format = { type: 'json_schema', json_schema: { name: 'answer', schema: { type: 'object' } } };
    const answer = await shared.post(chatPath, chat('hi', { response_format: format }));
    expect(answer.statusCode).toBe(400);
    expect(answer.json<unknown>()).toMatchObject({ error: { code: 'invalid_request', param: 'response_format' } });
  });

  it('because its generation failed gets a 500', async () => {
    const engine = new ScriptedEngine();
    const { ask, inference } = await testApp({ makeEngine: () => engine });
    const answering = ask(chatPath, chat('hi'));
    await until(() => inference.running === 1);
    engine.fail('engine_failed', 'The batch did not fit.');
    const answer = await answering;
    expect(answer.statusCode).toBe(500);
    expect(answer.json<unknown>()).toMatchObject({ error: { type: 'server_error', code: 'engine_failed' } });
  });
});
