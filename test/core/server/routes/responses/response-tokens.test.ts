import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../../../../support/app.js';

let app: TestApp;
beforeAll(async () => {
  app = await createTestApp();
});
afterAll(() => app.close());

interface Counted {
  readonly object: string;
  readonly input_tokens: number;
}

interface Response {
  readonly id: string;
  readonly max_output_tokens: number | null;
  readonly usage: { readonly input_tokens: number; readonly output_tokens: number };
}

const count = async (body: object): Promise<Counted> =>
  (await app.post('/v1/responses/input_tokens', body)).json<Counted>();
const respond = async (body: object): Promise<Response> => (await app.post('/v1/responses', body)).json<Response>();

describe('POST /v1/responses/input_tokens', () => {
  it('counts what a response would have as its prompt', async () => {
    const body = { input: 'Hello there', instructions: 'Echo.' };
    const { usage } = await respond(body);
    expect(await count(body)).toEqual({ object: 'response.input_tokens', input_tokens: usage.input_tokens });
  });

  it('counts what it continues', async () => {
    const first = await respond({ input: 'Hi' });
    const body = { input: 'And then?', previous_response_id: first.id };
    const counted = await count(body);
    expect(counted.input_tokens).toBeGreaterThan((await count({ input: 'And then?' })).input_tokens);
    expect(counted.input_tokens).toBe((await respond(body)).usage.input_tokens);
  });

  it('counts as many messages as a body can have, all of which may be left out', async () => {
    const input = Array.from({ length: 36_000 }, () => ({ role: 'user', content: '' }));
    const counted = await count({ input, truncation: 'auto' });
    expect(counted.input_tokens).toBeGreaterThan(36_000);
  });

  it('keeps and generates nothing', async () => {
    const before = app.inference.snapshot();
    await count({ input: 'Hi' });
    expect(app.inference.snapshot()).toMatchObject({ running: before.running, waiting: before.waiting });
  });
});

describe('max_output_tokens', () => {
  it('of −1 is no limit but the context', async () => {
    const small = await createTestApp({ engine: { context: 64, reply: 'long' }, server: { defaultMaxTokens: 4 } });
    const response = (await small.post('/v1/responses', { input: 'Hi', max_output_tokens: -1 })).json<Response>();
    await small.close();
    expect(response.max_output_tokens).toBeNull();
    expect(response.usage.input_tokens + response.usage.output_tokens).toBe(64);
  });
});
