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

/** Each with a call that its provider has run, and a result in a form that its own kinds of items or blocks do not have. */
const conversations = [
  {
    ...{ api: 'responses', path: '/v1/responses', types: 'web_search_call, code_interpreter_call, shell_call_output' },
    body: {
      input: [
        { role: 'user', content: 'Will it rain?' },
        { type: 'reasoning', id: 'rs_1', summary: [] },
        { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { type: 'search', query: 'rain' } },
        {
          type: 'code_interpreter_call',
          id: 'ci_1',
          code: '1+1',
          container_id: 'c',
          outputs: null,
          status: 'completed',
        },
        {
          type: 'shell_call_output',
          call_id: 'sh_1',
          output: [{ stdout: '', stderr: '', outcome: { type: 'timeout' } }],
        },
        { type: 'web_search_call', id: 'ws_2', status: 'failed', action: { type: 'open_page', url: null } },
        { role: 'assistant', content: 'Yes.' },
        { role: 'user', content: 'When?' },
      ],
    },
  },
  {
    ...{
      api: 'messages',
      path: '/v1/messages',
      types: 'server_tool_use, web_search_tool_result, web_fetch_tool_result',
    },
    body: {
      max_tokens: 9,
      messages: [
        { role: 'user', content: 'Will it rain?' },
        {
          role: 'assistant',
          content: [
            { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'rain' } },
            {
              type: 'web_search_tool_result',
              tool_use_id: 'srvtoolu_1',
              content: [{ type: 'web_search_result', url: 'https://a.example', title: 'Rain', encrypted_content: 'x' }],
            },
            { type: 'server_tool_use', id: 'srvtoolu_2', name: 'web_fetch', input: { url: 'https://a.example' } },
            {
              type: 'web_fetch_tool_result',
              tool_use_id: 'srvtoolu_2',
              content: { type: 'web_fetch_tool_result_error', error_code: 'url_not_accessible' },
            },
            { type: 'text', text: 'Yes.', citations: [{ type: 'web_search_result_location', cited_text: 'Rain' }] },
          ],
        },
        { role: 'user', content: 'When?' },
      ],
    },
  },
];

describe.each(conversations)('a conversation with searches that was begun elsewhere, in $api', (conversation) => {
  const { path, types, body } = conversation;

  it('goes on without them, and the answer says so', async () => {
    const answer = await app.post(path, body);
    expect(answer.statusCode, answer.body).toBe(200);
    expect(answer.headers[header]).toBe(types);
    const stream = await openStream(app.app, { ...body, stream: true }, {}, path);
    await app.flyUntil(stream.finished());
    expect(stream.headers[header]).toBe(types);
  });

  it('names them once, together with tools', async () => {
    const own = {
      type: path === '/v1/responses' ? 'function' : 'custom',
      name: 'now',
      input_schema: { type: 'object' },
    };
    const answer = await app.post(path, { ...body, tools: [own, { type: 'web_search' }] });
    expect(answer.statusCode, answer.body).toBe(200);
    expect(answer.headers[header]).toBe(`web_search, ${types}`);
  });
});

it('keeps a conversation without the calls that a provider has run', async () => {
  const said = [
    { role: 'user', content: 'Hi' },
    { type: 'web_search_call', id: 'ws_1', action: {} },
  ];
  const made = await app.post('/v1/conversations', { items: said });
  expect(made.statusCode, made.body).toBe(200);
  expect(made.headers[header]).toBe('web_search_call');
  const { id } = made.json<{ id: string }>();
  const more = await app.post(`/v1/conversations/${id}/items`, { items: said });
  expect(more.headers[header]).toBe('web_search_call');
  expect(more.json<unknown>()).toMatchObject({ data: [{ type: 'message' }] });
  const alone = await app.post(`/v1/conversations/${id}/items`, { items: said.slice(1) });
  expect(alone.statusCode).toBe(400);
  expect(alone.headers).not.toHaveProperty(header);
});
