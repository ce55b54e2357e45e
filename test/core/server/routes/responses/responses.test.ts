import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ResponseObject } from '../../../../../src/core/server/schemas/responses/response-answers.js';
import { createTestApp, type TestApp, testApp, until } from '../../../../support/app.js';
import { type NamedEvent, namedEvents } from '../../../../support/named-events.js';
import { openStream } from '../../../../support/stream-client.js';

const path = '/v1/responses';
const tools = [
  { type: 'function', name: 'now', description: 'The time.', parameters: { type: 'object', properties: {} } },
];

let app: TestApp;
beforeAll(async () => {
  app = await createTestApp({ engine: { reply: 'echo' } });
});
afterAll(() => app.close());

async function respond(body: object, server = app): Promise<ResponseObject> {
  const answer = await server.post(path, body);
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.json<ResponseObject>();
}

async function refused(body: object, server = app): Promise<{ readonly status: number; readonly error: unknown }> {
  const answer = await server.post(path, body);
  return { status: answer.statusCode, error: answer.json<{ error: unknown }>().error };
}

async function streamed(body: object, server = app): Promise<readonly NamedEvent[]> {
  const client = await openStream(server.app, body, {}, path);
  return namedEvents(await server.flyUntil(client.finished()));
}

function textOf({ output }: Pick<ResponseObject, 'output'>): string {
  const parts = output.flatMap((item) => (item.type === 'message' ? item.content : []));
  return parts.map((part) => (part.type === 'output_text' ? part.text : '')).join('');
}

/** How many tokens the mock would have for the prompt of these messages: one per character, and two marks each. */
function promptOf(messages: readonly [string, string][]): number {
  const written = messages.map(([role, content]) => `${role}\n${content}`.length + 3);
  return written.reduce((sum, length) => sum + length, 'assistant\n'.length + 1);
}

describe('a response', () => {
  it('answers a text, and repeats its request', async () => {
    const response = await respond({
      input: 'Hello there',
      instructions: 'Echo.',
      temperature: 0.5,
      metadata: { topic: 'greetings' },
      user: 'me',
      text: { verbosity: 'low' },
    });
    expect(textOf(response)).toBe('Hello there');
    expect(response.id).toMatch(/^resp_[0-9a-f]{48}$/);
    expect(response).toMatchObject({
      object: 'response',
      status: 'completed',
      model: 'mock',
      instructions: 'Echo.',
      temperature: 0.5,
      top_p: 0.95,
      max_output_tokens: null,
      metadata: { topic: 'greetings' },
      parallel_tool_calls: true,
      previous_response_id: null,
      service_tier: 'default',
      store: true,
      text: { format: { type: 'text' }, verbosity: 'low' },
      tool_choice: 'auto',
      tools: [],
      truncation: 'disabled',
      user: 'me',
      usage: {
        input_tokens: promptOf([
          ['system', 'Echo.'],
          ['user', 'Hello there'],
        ]),
        output_tokens: 2,
      },
    });
  });

  it('ends at the limit of its tokens, and says so', async () => {
    const response = await respond({ input: 'one two three', max_output_tokens: 2 });
    expect(response).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } });
    expect([textOf(response), response.completed_at]).toEqual(['one two ', null]);
  });

  it('takes our own parameters', async () => {
    const own = { top_k: 5, min_p: 0.1, seed: 7, ignore_eos: true, chat_template_kwargs: { enable_thinking: false } };
    expect(textOf(await respond({ input: 'one', max_output_tokens: 2, ...own }))).toBe('one one');
  });

  it('has JSON if it is asked for', async () => {
    const response = await respond({ input: 'Hi', text: { format: { type: 'json_object' } } });
    expect(JSON.parse(textOf(response))).toEqual({ reply: 'mock' });
    expect(response.text.format).toEqual({ type: 'json_object' });
  });

  it('calls functions, and takes their results', async () => {
    const first = await respond({ input: 'now', tools });
    const [call] = first.output;
    expect(call).toMatchObject({ type: 'function_call', name: 'now', arguments: '{}', status: 'completed' });
    if (call?.type !== 'function_call') throw new Error('There is no call.');
    expect([call.id, call.call_id]).toEqual([expect.stringMatching(/^fc_/), expect.stringMatching(/^call_/)]);
    const result = { type: 'function_call_output', call_id: call.call_id, output: '12:00' };
    const next = await respond({ previous_response_id: first.id, input: [result], tools });
    expect(textOf(next)).toBe('now');
    const again = await respond({ input: [{ role: 'user', content: 'now' }, call, result], tools });
    expect(again.usage?.input_tokens).toBe(next.usage?.input_tokens);
  });

  it.each([
    ['required', 'required'],
    [
      { type: 'function', name: 'now' },
      { type: 'function', name: 'now' },
    ],
    [
      { type: 'allowed_tools', mode: 'required', tools: [{ type: 'function', name: 'now' }] },
      { type: 'allowed_tools', mode: 'required', tools: [{ type: 'function', name: 'now' }] },
    ],
  ])('calls what it must: %j', async (choice, repeated) => {
    const response = await respond({ input: 'Hi', tools, tool_choice: choice });
    expect(response.output).toMatchObject([{ type: 'function_call', name: 'now' }]);
    expect(response.tool_choice).toEqual(repeated);
  });
});

describe('a streamed response', () => {
  it('has numbered events, of which the last repeats the whole', async () => {
    const events = await streamed({ input: 'one two' });
    expect(events.map(({ type }) => type.replace('response.', ''))).toEqual([
      ...['created', 'in_progress', 'output_item.added', 'content_part.added', 'output_text.delta'],
      ...['output_text.delta', 'output_text.done', 'content_part.done', 'output_item.done', 'completed'],
    ]);
    expect(events.map(({ data }) => data['sequence_number'])).toEqual([...events.keys()]);
    const { id } = events.at(-1)?.data['response'] as ResponseObject;
    expect((await app.get(`${path}/${id}`)).json()).toEqual(events.at(-1)?.data['response']);
  });

  it('begins at once with its place in the queue, and fails in the stream from then on', async () => {
    const queue = { maxConcurrency: 1, queueTimeoutMs: 1000 };
    const busy = await testApp({ engine: { reply: 'long' }, queue });
    const running = busy.ask(path, { input: 'Hi', max_output_tokens: 200 });
    await until(() => busy.inference.running === 1, 'the first to run');
    const waiting = await openStream(busy.app, { input: 'Hi', stream_options: { include_queue: true } }, {}, path);
    await waiting.arrived(': queued position=1');
    const body = await busy.flyUntil(waiting.finished());
    const events = namedEvents(body);
    expect(events.map(({ type }) => type)).toEqual(['response.created', 'response.in_progress', 'response.failed']);
    expect(events.at(-1)?.data['response']).toMatchObject({ error: { code: 'rate_limit_exceeded' } });
    const { id } = events.at(-1)?.data['response'] as ResponseObject;
    expect((await busy.get(`${path}/${id}`)).json()).toEqual(events.at(-1)?.data['response']);
    await busy.flyUntil(running);
  });

  it('is refused with a status of its own before it begins', async () => {
    const full = await testApp({ engine: { reply: 'long' }, queue: { maxConcurrency: 1, maxQueue: 0 } });
    const running = full.ask(path, { input: 'Hi', max_output_tokens: 50 });
    await until(() => full.inference.running === 1, 'the first to run');
    const refusal = await full.app.inject({ method: 'POST', url: path, payload: { input: 'Hi', stream: true } });
    expect([refusal.statusCode, refusal.headers['retry-after']]).toEqual([429, '1']);
    expect(refusal.json()).toMatchObject({ error: { code: 'queue_full', type: 'rate_limit_error' } });
    await full.flyUntil(running);
  });
});

describe('what is stored', () => {
  it('can be read and deleted', async () => {
    const response = await respond({ input: 'Hi' });
    const url = `${path}/${response.id}`;
    expect((await app.get(url)).json()).toEqual(response);
    const deleted = await app.app.inject({ method: 'DELETE', url });
    expect(deleted.json()).toEqual({ id: response.id, object: 'response', deleted: true });
    for (const method of ['GET', 'DELETE'] as const) {
      const answer = await app.app.inject({ method, url });
      expect(answer.statusCode).toBe(404);
      expect(answer.json()).toMatchObject({ error: { code: 'not_found', type: 'invalid_request_error' } });
      expect(answer.body).toContain(response.id);
    }
    expect(await refused({ input: 'Hi', previous_response_id: response.id })).toMatchObject({
      status: 404,
      error: { code: 'not_found', param: 'previous_response_id' },
    });
  });

  it('is nothing if the request says so', async () => {
    const response = await respond({ input: 'Hi', store: false });
    expect(response.store).toBe(false);
    expect((await app.get(`${path}/${response.id}`)).statusCode).toBe(404);
  });

  it('is forgotten in the end, but not while it is used', async () => {
    const short = await testApp({ server: { storeTtlMs: 60_000 } });
    const first = await respond({ input: 'Hi' }, short);
    await short.clock.advanceAsync(40_000);
    const next = await respond({ input: 'Hi', previous_response_id: first.id }, short);
    await short.clock.advanceAsync(40_000);
    await respond({ input: 'Hi', previous_response_id: next.id }, short);
    await short.clock.advanceAsync(60_000);
    expect(await refused({ input: 'Hi', previous_response_id: next.id }, short)).toMatchObject({ status: 404 });
  });

  it('lists its input in pages', async () => {
    const input = ['one', 'two', 'three'].map((content) => ({ role: 'user', content }));
    const { id } = await respond({ input });
    const page = async (query: string): Promise<{ data: { id: string }[]; last_id: string; has_more: boolean }> =>
      (await app.get(`${path}/${id}/input_items${query}`)).json();
    const all = await page('?order=asc');
    expect(all).toMatchObject({
      object: 'list',
      data: input.map(({ role, content }) => ({
        type: 'message',
        role,
        content: [{ type: 'input_text', text: content }],
      })),
      has_more: false,
    });
    const ids = all.data.map((item) => item.id);
    expect((await page('')).data.map((item) => item.id)).toEqual(ids.toReversed());
    const first = await page('?limit=2&order=asc');
    expect([first.data.length, first.has_more, first.last_id]).toEqual([2, true, ids[1]]);
    expect(await page(`?limit=2&order=asc&after=${first.last_id}`)).toMatchObject({
      data: [{ id: ids[2] }],
      has_more: false,
    });
    for (const [query, param] of [
      ['limit=0', 'limit'],
      ['limit=101', 'limit'],
      ['order=up', 'order'],
      ['after=x', 'after'],
    ]) {
      const answer = await app.get(`${path}/${id}/input_items?${query}`);
      expect([answer.statusCode, answer.json<{ error: { param: string } }>().error.param]).toEqual([400, param]);
    }
    expect((await app.get(`${path}/resp_x/input_items`)).statusCode).toBe(404);
  });

  it('cannot be streamed', async () => {
    const { id } = await respond({ input: 'Hi' });
    expect((await app.get(`${path}/${id}?stream=true`)).json()).toMatchObject({ error: { param: 'stream' } });
  });
});

describe('a response that continues another', () => {
  it('has all that was said before in its prompt, but not the instructions', async () => {
    const first = await respond({ input: 'one', instructions: 'Echo.' });
    const second = await respond({ input: 'two', previous_response_id: first.id });
    const third = await respond({ input: 'three', previous_response_id: second.id });
    expect(third.usage?.input_tokens).toBe(
      promptOf([
        ['user', 'one'],
        ['assistant', 'one'],
        ['user', 'two'],
        ['assistant', 'two'],
        ['user', 'three'],
      ]),
    );
    expect(third.previous_response_id).toBe(second.id);
  });

  it('may branch off anywhere', async () => {
    const first = await respond({ input: 'one' });
    const branches = await Promise.all(
      ['two', 'six'].map((input) => respond({ input, previous_response_id: first.id })),
    );
    const length = promptOf([
      ['user', 'one'],
      ['assistant', 'one'],
      ['user', 'two'],
    ]);
    expect(branches.map(({ usage }) => usage?.input_tokens)).toEqual([length, length]);
    expect(branches.map(textOf)).toEqual(['two', 'six']);
  });

  it('may refer to the items of others', async () => {
    const first = await respond({ input: 'one' });
    const items = (await app.get(`${path}/${first.id}/input_items`)).json<{ data: { id: string }[] }>().data;
    const references = [...items, ...first.output].map(({ id }) => ({ type: 'item_reference', id }));
    const next = await respond({ input: [...references, { role: 'user', content: 'two' }] });
    expect(next.usage?.input_tokens).toBe(
      promptOf([
        ['user', 'one'],
        ['assistant', 'one'],
        ['user', 'two'],
      ]),
    );
  });
});

describe('a conversation that does not fit', () => {
  const long = 'x'.repeat(700);

  it('is refused with the name of the input', async () => {
    const small = await testApp({ engine: { context: 1000 } });
    const { id } = await respond({ input: long }, small);
    expect(await refused({ input: long, previous_response_id: id }, small)).toMatchObject({
      status: 400,
      error: { code: 'context_length_exceeded', param: 'input' },
    });
  });

  it('loses its oldest turns, if that is allowed', async () => {
    const small = await testApp({ engine: { context: 1000, reply: 'echo' } });
    const first = await respond({ input: 'one' }, small);
    const second = await respond({ input: long, max_output_tokens: 9, previous_response_id: first.id }, small);
    const last = { input: 'three', previous_response_id: second.id, truncation: 'auto', instructions: 'Echo.' };
    const third = await respond(last, small);
    expect(textOf(third)).toBe('three');
    expect(third.usage?.input_tokens).toBe(
      promptOf([
        ['system', 'Echo.'],
        ['user', 'three'],
      ]),
    );
    expect(small.log.filter(({ msg }) => msg.includes('refused'))).toEqual([]);
    const tooLong = { ...last, input: 'x'.repeat(1200) };
    expect(await refused(tooLong, small)).toMatchObject({ status: 400, error: { param: 'input' } });
  });
});

it('answers a request as codex sends it', async () => {
  const message = (role: string, type: string, text: string): object => ({
    type: 'message',
    role,
    content: [{ type, text }],
  });
  const shell = {
    type: 'function',
    name: 'shell',
    description: 'Runs a command.',
    strict: false,
    parameters: {
      type: 'object',
      properties: { command: { type: 'array', items: { type: 'string' } } },
      required: ['command'],
    },
  };
  const events = await streamed({
    model: 'mock',
    instructions: 'You are a coding agent.',
    input: [
      message('developer', 'input_text', '<permissions>'),
      message('user', 'input_text', '<environment_context>'),
      message('user', 'input_text', 'List the files.'),
      { type: 'reasoning', summary: [], encrypted_content: null },
      { type: 'function_call', name: 'shell', arguments: '{"command":["ls"]}', call_id: 'call_1' },
      { type: 'function_call_output', call_id: 'call_1', output: '{"output":"a.txt","metadata":{"exit_code":0}}' },
      message('assistant', 'output_text', 'There is a.txt.'),
      message('user', 'input_text', 'shell {"command":["cat","a.txt"]}'),
    ],
    tools: [shell, { type: 'web_search', external_web_access: false }],
    tool_choice: 'auto',
    parallel_tool_calls: false,
    reasoning: { effort: 'medium', summary: 'auto' },
    store: false,
    stream: true,
    include: ['reasoning.encrypted_content'],
    prompt_cache_key: '0197',
    text: { verbosity: 'medium' },
    client_metadata: { installation: 'a' },
  });
  const { output } = events.at(-1)?.data['response'] as ResponseObject;
  expect(events.at(-1)?.type).toBe('response.completed');
  expect(output).toMatchObject([{ type: 'function_call', name: 'shell', arguments: '{"command":["cat","a.txt"]}' }]);
});
