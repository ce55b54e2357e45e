import OpenAI, { APIUserAbortError, AuthenticationError, BadRequestError, NotFoundError, RateLimitError } from 'openai';
import { Type } from 'typebox';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { proves } from '../../support/clients/proofs.js';
import { rejection } from '../../support/clients/rejection.js';
import { longContext, nonsense, Served } from '../../support/clients/served.js';
import { parseAs } from '../../support/parse-as.js';

const apiKey = 'correct horse';
const messages = [{ role: 'user' as const, content: 'Tell me a story.' }];
/** A seed makes answers repeatable; the model ends its turn somewhere on its own, or is cut off. */
const request = { model: '', messages, seed: 7, max_tokens: 60 };
/** Long enough to still run when the test looks, even if the test was held up for some seconds. */
const endless = { ...request, max_tokens: 32_000, ignore_eos: true };

const served = new Served(nonsense(), apiKey);
let client: OpenAI;
let model: string;

beforeAll(() => {
  client = new OpenAI({ baseURL: served.baseUrl, apiKey, maxRetries: 0 });
  model = served.model;
  request.model = model;
  endless.model = model;
});

afterEach(async () => {
  await served.untilIdle();
});

async function textOf(stream: AsyncIterable<OpenAI.ChatCompletionChunk>): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
  return text;
}

describe('chat completions', () => {
  it('come whole, with usage', proves('openai: chat', 'whole'), async () => {
    const answer = await client.chat.completions.create(request);
    const [choice] = answer.choices;
    expect(answer).toMatchObject({ object: 'chat.completion', model });
    expect(choice?.message.role).toBe('assistant');
    expect(choice?.message.content).not.toBe('');
    expect(['stop', 'length']).toContain(choice?.finish_reason);
    expect(answer.usage?.completion_tokens).toBeGreaterThan(0);
    expect(answer.usage?.total_tokens).toBe(
      (answer.usage?.prompt_tokens ?? 0) + (answer.usage?.completion_tokens ?? 0),
    );
  });

  it('come as a stream of the same text for the same seed', proves('openai: chat', 'streamed'), async () => {
    const whole = await client.chat.completions.create(request);
    const text = await textOf(await client.chat.completions.create({ ...request, stream: true }));
    expect(text).toBe(whole.choices[0]?.message.content);
  });

  it('stream a role first, then text, then one reason for the end', async () => {
    const chunks: OpenAI.ChatCompletionChunk[] = [];
    for await (const chunk of await client.chat.completions.create({ ...request, stream: true })) chunks.push(chunk);
    expect(chunks[0]?.choices[0]?.delta).toEqual({ role: 'assistant', content: '' });
    const reasons = chunks.map((chunk) => chunk.choices[0]?.finish_reason);
    expect(reasons.slice(0, -1).every((reason) => reason === null)).toBe(true);
    expect(['stop', 'length']).toContain(reasons.at(-1));
    expect(chunks.every((chunk) => chunk.usage === undefined && chunk.id === chunks[0]?.id)).toBe(true);
  });

  it('stream the usage last when asked to', async () => {
    const parameters = { ...endless, max_tokens: 12, stream: true as const, stream_options: { include_usage: true } };
    let last: OpenAI.ChatCompletionChunk | undefined;
    for await (const chunk of await client.chat.completions.create(parameters)) last = chunk;
    expect(last?.choices).toEqual([]);
    expect(last?.usage).toMatchObject({ completion_tokens: 12 });
  });

  it('work with the client’s stream helper', async () => {
    const stream = client.chat.completions.stream(request);
    const pieces: string[] = [];
    stream.on('content', (piece) => pieces.push(piece));
    const final = await stream.finalChatCompletion();
    expect(final.choices[0]?.message.content).toBe(pieces.join(''));
  });

  it('free their slot when the client aborts in mid-stream', proves('openai: chat', 'aborted'), async () => {
    const stream = await client.chat.completions.create({ ...endless, stream: true });
    for await (const chunk of stream) {
      if ((chunk.choices[0]?.delta.content ?? '') === '') continue;
      expect((await served.queue()).running).toHaveLength(1);
      stream.controller.abort();
      // Data that had already arrived would still be read.
      break;
    }
    await served.untilIdle();
    expect((await client.chat.completions.create(request)).choices).toHaveLength(1);
  });

  it('free their slot when the client gives up waiting for the whole', proves('openai: chat', 'aborted'), async () => {
    const controller = new AbortController();
    const answer = rejection(client.chat.completions.create(endless, { signal: controller.signal }));
    await served.untilRunning();
    controller.abort();
    expect(await answer).toBeInstanceOf(APIUserAbortError);
    await served.untilIdle();
  });

  it('keep to a JSON schema', proves('openai: chat', 'schemas'), async () => {
    const shape = Type.Object(
      {
        mood: Type.Enum(['calm', 'stormy']),
        windy: Type.Boolean(),
        places: Type.Array(Type.Enum(['north', 'south', 'east']), { minItems: 1, maxItems: 3 }),
        note: Type.String({ maxLength: 12 }),
      },
      { additionalProperties: false },
    );
    const format = {
      type: 'json_schema' as const,
      json_schema: { name: 'weather', schema: { ...shape }, strict: true },
    };
    for (const seed of [1, 2, 3]) {
      const parameters = { ...request, seed, max_tokens: 400, response_format: format };
      const answer = await client.chat.completions.create(parameters);
      expect(answer.choices[0]?.finish_reason).toBe('stop');
      const value: unknown = JSON.parse(answer.choices[0]?.message.content ?? '');
      expect(parseAs(shape, value)).toEqual(value);
    }
  });
});

describe('completions', () => {
  const prompt = 'Once upon a time';

  it('come whole and as a stream of the same text', async () => {
    const parameters = { model, prompt, seed: 3, max_tokens: 20, ignore_eos: true };
    const whole = await client.completions.create(parameters);
    let text = '';
    for await (const chunk of await client.completions.create({ ...parameters, stream: true })) {
      text += chunk.choices[0]?.text ?? '';
    }
    expect(whole.usage?.completion_tokens).toBe(20);
    expect(text).toBe(whole.choices[0]?.text);
  });
});

describe('several choices', () => {
  it('are the same whole and streamed, with the same seed, and differ from each other', async () => {
    const several = { ...request, n: 2, seed: 5, max_tokens: 12, temperature: 1 };
    const whole = await client.chat.completions.create(several);
    const texts = ['', ''];
    for await (const chunk of await client.chat.completions.create({ ...several, stream: true })) {
      for (const { index, delta } of chunk.choices) texts[index] = `${texts[index] ?? ''}${delta.content ?? ''}`;
    }
    expect(whole.choices.map(({ message }) => message.content)).toEqual(texts);
    expect(texts[0]).not.toBe(texts[1]);
  });

  it('of a completion begin with their prompts if these are to be echoed', async () => {
    const { choices } = await client.completions.create({ model, prompt: ['Once', 'Then'], echo: true, max_tokens: 3 });
    expect(choices.map(({ text }) => text.slice(0, 4))).toEqual(['Once', 'Then']);
  });
});

describe('models', () => {
  it('are listed, and found by their name', async () => {
    const { data } = await client.models.list();
    expect(data.map(({ id }) => id)).toEqual([model]);
    expect(await client.models.retrieve(model)).toMatchObject({ id: model, context_length: longContext });
    expect(await rejection(client.models.retrieve('other'))).toBeInstanceOf(NotFoundError);
  });
});

describe('probabilities of tokens', () => {
  it('come with the text, whole and streamed', async () => {
    const asked = { ...request, temperature: 0, logprobs: true, top_logprobs: 3 };
    const [choice] = (await client.chat.completions.create(asked)).choices;
    const tokens = choice?.logprobs?.content ?? [];
    expect(tokens.length).toBeGreaterThan(1);
    for (const { token, top_logprobs: top } of tokens) expect([top.length, top[0]?.token]).toEqual([3, token]);

    const streamed: string[] = [];
    for await (const chunk of await client.chat.completions.create({ ...asked, stream: true })) {
      streamed.push(...(chunk.choices[0]?.logprobs?.content ?? []).map(({ token }) => token));
    }
    expect(streamed).toEqual(tokens.map(({ token }) => token));
  });
});

describe('errors', () => {
  it('name an unknown model', async () => {
    const error = await rejection(client.chat.completions.create({ ...request, model: 'gpt-4o' }));
    expect(error).toBeInstanceOf(NotFoundError);
    expect(error).toMatchObject({ status: 404, code: 'model_not_found', param: 'model' });
    expect(error).toHaveProperty('message', expect.stringContaining(model));
  });

  it('say that a prompt is too long for the context, and how long it is', async () => {
    const content = 'word '.repeat(20_000);
    const error = await rejection(
      client.chat.completions.create({ ...request, messages: [{ role: 'user', content }], stream: true }),
    );
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({ status: 400, code: 'context_length_exceeded', param: 'messages' });
    expect(error).toHaveProperty(
      'message',
      expect.stringMatching(new RegExp(`is ${longContext} tokens.*\\d{5,} tokens`)),
    );
  });

  it.each([
    ['temperature', { temperature: -1 }],
    ['max_tokens', { max_tokens: 0 }],
    ['n', { n: 500 }],
    ['top_logprobs', { logprobs: true, top_logprobs: 21 }],
  ])('name a parameter that is wrong or not supported: %s', async (param, wrong) => {
    const error = await rejection(client.chat.completions.create({ ...request, ...wrong }));
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({ status: 400, code: 'invalid_request', param, type: 'invalid_request_error' });
  });

  it('name the parameter of a JSON schema that cannot be used', async () => {
    const schema = { type: 'object', properties: { name: { not: { type: 'string' } } } };
    const format = { type: 'json_schema' as const, json_schema: { name: 'x', schema } };
    const error = await rejection(client.chat.completions.create({ ...request, response_format: format }));
    expect(error).toMatchObject({ status: 400, code: 'invalid_request', param: 'response_format' });
  });

  it('tell a wrong key from a right one', async () => {
    const stranger = new OpenAI({ baseURL: served.baseUrl, apiKey: 'wrong', maxRetries: 0 });
    const error = await rejection(stranger.models.list());
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error).toMatchObject({ status: 401, code: 'invalid_api_key' });
  });
});

describe('a full queue', () => {
  it('refuses with a Retry-After', async () => {
    await served.resize({ max_concurrency: 1, max_queue: 0 });
    const blocker = await client.chat.completions.create({ ...endless, stream: true });

    const refused = await rejection(client.chat.completions.create(request));
    expect(refused).toBeInstanceOf(RateLimitError);
    expect(refused).toMatchObject({ status: 429, code: 'queue_full', type: 'rate_limit_error' });
    if (refused instanceof RateLimitError) expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    blocker.controller.abort();
    await served.resize({ max_concurrency: 2, max_queue: 8 });
  });
});
