import OpenAI, { BadRequestError } from 'openai';
import { describe, expect, it } from 'vitest';
import { Served } from '../support/clients/served.js';
import { bertModel, bertShape } from '../support/gguf/bert-model.js';

const bundled = ['--gpu', 'off', '--threads', '1', '--embeddings'];

const servers = {
  mock: { args: () => ['--engine', 'mock', '--mock-prefill', '1ms', '--embeddings'], dimensions: 64 },
  // Its vectors mean little, but they take the same way as those of an embedding model.
  bundled: { args: () => bundled, dimensions: 192 },
  encoder: { args: async () => [...bundled, '--model', await bertModel('mean')], dimensions: bertShape.dim },
};

describe.each(Object.entries(servers))('embeddings with the openai client and %s', (_name, { args, dimensions }) => {
  const served = new Served(async () => [...(await args()), '--alias', 'text-embedding-3-small']);
  const model = 'text-embedding-3-small';
  const client = (): OpenAI => new OpenAI({ baseURL: served.baseUrl, apiKey: 'none', maxRetries: 0 });

  it('arrive in base64, which the client asks for, as in JSON', async () => {
    const input = ['The first text.', 'The second one.'];
    const packed = await client().embeddings.create({ model, input });
    const plain = await client().embeddings.create({ model, input, encoding_format: 'float' });
    expect(packed.model).toBe(model);
    expect(packed.usage.prompt_tokens).toBeGreaterThan(3);
    expect(packed.usage.total_tokens).toBe(packed.usage.prompt_tokens);
    expect(packed.data.map(({ index, embedding }) => [index, embedding.length])).toEqual([
      [0, dimensions],
      [1, dimensions],
    ]);
    plain.data.forEach(({ embedding }, index) => {
      expect(Float32Array.from(embedding)).toEqual(Float32Array.from(packed.data[index]?.embedding ?? []));
      expect(Math.hypot(...embedding)).toBeCloseTo(1, 5);
    });
  });

  it('may be shorter', async () => {
    const { data } = await client().embeddings.create({ model, input: 'A text.', dimensions: 16 });
    expect(data[0]?.embedding).toHaveLength(16);
    expect(Math.hypot(...(data[0]?.embedding ?? []))).toBeCloseTo(1, 5);
  });

  it('are all that the server computes', async () => {
    const chat = client().chat.completions.create({ model, messages: [{ role: 'user', content: 'Hello!' }] });
    await expect(chat).rejects.toThrow(BadRequestError);
    await expect(chat).rejects.toThrow('/v1/embeddings');
  });
});

describe('a list of embeddings', () => {
  const served = new Served(bundled);

  it('ends with its client', async () => {
    const client = new OpenAI({ baseURL: served.baseUrl, apiKey: 'none', maxRetries: 0 });
    const before = await served.cancelled();
    const leaving = new AbortController();
    const input = Array.from({ length: 2048 }, () => 'A text that takes a moment. '.repeat(10));
    const answer = client.embeddings.create({ model: served.model, input }, { signal: leaving.signal });
    await served.untilRunning();
    leaving.abort();
    await expect(answer).rejects.toThrow('aborted');
    expect(await served.cancelledWhenIdle()).toBe(before + 1);
  });
});
