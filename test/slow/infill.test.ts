import OpenAI, { BadRequestError } from 'openai';
import { describe, expect, it } from 'vitest';
import { nonsense, Served } from '../support/clients/served.js';

const body = { prompt: 'def add(a, b):\n    return ', suffix: '\n\nprint(add(1, 2))\n', max_tokens: 8 };
const clientOf = (served: Served): OpenAI => new OpenAI({ baseURL: served.baseUrl, apiKey: 'none', maxRetries: 0 });

describe('a completion with a suffix, by a model with tokens for it', () => {
  const served = new Served(nonsense({ infill: true, endOfTurnGain: 0 }));

  it('is what comes in between', async () => {
    const client = clientOf(served);
    const model = served.model;
    const { choices, usage } = await client.completions.create({ model, ...body, temperature: 0 });
    expect(choices).toMatchObject([{ finish_reason: 'length' }]);
    expect(choices[0]?.text).not.toBe('');
    const parts = await Promise.all(
      [body.prompt, body.suffix].map((prompt) => client.completions.create({ model, prompt, max_tokens: 1 })),
    );
    const lengths = parts.map((part) => part.usage?.prompt_tokens ?? Number.NaN);
    // The marks of the prefix, the suffix and the middle.
    expect(usage?.prompt_tokens).toBe(lengths.reduce((sum, length) => sum + length, 3));
  });

  it('is the same as a stream', async () => {
    const client = clientOf(served);
    const model = served.model;
    const whole = await client.completions.create({ model, ...body, temperature: 0 });
    const stream = await client.completions.create({ model, ...body, temperature: 0, stream: true });
    let text = '';
    for await (const chunk of stream) text += chunk.choices[0]?.text ?? '';
    expect(text).toBe(whole.choices[0]?.text);
  });
});

describe('a completion with a suffix, by a model without tokens for it', () => {
  const served = new Served(nonsense());

  it('is refused by name', async () => {
    const answer = clientOf(served).completions.create({ model: served.model, ...body });
    await expect(answer).rejects.toThrow(BadRequestError);
    await expect(answer).rejects.toMatchObject({ param: 'suffix' });
  });
});
