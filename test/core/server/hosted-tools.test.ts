import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../../support/app.js';
import { openStream } from '../../support/stream-client.js';

const header = 'x-chatstream-left-out';

let app: TestApp;
beforeAll(async () => {
  app = await createTestApp();
});
afterAll(() => app.close());

/** Each API that knows tools which its provider runs. */
const apis = [
  {
    ...{ api: 'responses', path: '/v1/responses', search: 'web_search', body: { input: 'Hi' } },
    own: { type: 'function', name: 'now', parameters: { type: 'object' } },
    chosen: { type: 'web_search' },
  },
  {
    ...{ api: 'messages', path: '/v1/messages', search: 'web_search_20250305' },
    body: { messages: [{ role: 'user', content: 'Hi' }], max_tokens: 9 },
    own: { name: 'now', input_schema: { type: 'object' } },
    chosen: { type: 'tool', name: 'web_search' },
  },
];

describe.each(apis)('a search of the web in $api', ({ path, search, body, own, chosen }) => {
  const live = { type: search, name: 'web_search', external_web_access: true };

  it('is left out beside other tools, and the answer says so', async () => {
    const answer = await app.post(path, { ...body, tools: [own, live] });
    expect(answer.statusCode, answer.body).toBe(200);
    expect(answer.headers[header]).toBe(search);
    const stream = await openStream(app.app, { ...body, tools: [live, own], stream: true }, {}, path);
    await app.flyUntil(stream.finished());
    expect(stream.headers[header]).toBe(search);
  });

  it('is refused without other tools', async () => {
    const answer = await app.post(path, { ...body, tools: [live] });
    expect(answer.statusCode).toBe(400);
    expect(answer.json<unknown>()).toMatchObject({ error: { message: expect.stringContaining(search) as string } });
    expect(answer.headers).not.toHaveProperty(header);
  });

  it('is refused if it has to be called', async () => {
    const answer = await app.post(path, { ...body, tools: [own, live], tool_choice: chosen });
    expect(answer.statusCode).toBe(400);
    expect(answer.json<unknown>()).toMatchObject({
      error: { message: expect.stringContaining('tool_choice') as string },
    });
  });

  it('is not mentioned where there is none', async () => {
    const answer = await app.post(path, { ...body, tools: [own] });
    expect(answer.statusCode, answer.body).toBe(200);
    expect(answer.headers).not.toHaveProperty(header);
  });
});

it('leaves a response with the tools that the model gets', async () => {
  const own = { type: 'function', name: 'now' };
  const tools = [{ type: 'web_search', external_web_access: false }, own, { type: 'image_generation' }];
  const answer = await app.post('/v1/responses', { input: 'Hi', tools });
  expect(answer.json<unknown>()).toMatchObject({ tools: [{ type: 'function', name: 'now' }] });
  expect(answer.headers[header]).toBe('web_search, image_generation');
});
