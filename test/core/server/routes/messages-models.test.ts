import Anthropic, { NotFoundError } from '@anthropic-ai/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../../../support/app.js';

const mock = {
  type: 'model',
  id: 'mock',
  display_name: 'mock',
  created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
};

describe("models as Anthropic's client asks for them", () => {
  let app: TestApp;
  let client: Anthropic;

  beforeAll(async () => {
    app = await createTestApp();
    client = new Anthropic({
      ...{ apiKey: 'key', baseURL: 'http://localhost', maxRetries: 0 },
      fetch: async (url, init) => {
        const { pathname, search } = new URL(url instanceof Request ? url.url : url);
        const answer = await app.get(pathname + search, Object.fromEntries(new Headers(init?.headers)));
        return new Response(answer.body, {
          status: answer.statusCode,
          headers: { 'content-type': 'application/json' },
        });
      },
    });
  });

  afterAll(() => app.close());

  it('are listed on one page', async () => {
    const page = await client.models.list();
    expect(page.data).toEqual([mock]);
    expect(page).toMatchObject({ has_more: false, first_id: 'mock', last_id: 'mock' });
    const ids: string[] = [];
    for await (const { id } of client.models.list()) ids.push(id);
    expect(ids).toEqual(['mock']);
  });

  it('are described one by one', async () => {
    expect(await client.models.retrieve('mock')).toMatchObject(mock);
  });

  it("are missing in Anthropic's shape", async () => {
    const error: unknown = await client.models.retrieve('another').catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(NotFoundError);
    expect(error).toMatchObject({ error: { type: 'error', error: { type: 'not_found_error' } } });
  });
});
