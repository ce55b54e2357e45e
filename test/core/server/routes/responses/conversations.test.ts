import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConversationItem } from '../../../../../src/core/server/schemas/responses/response-items.js';
import { createTestApp, type TestApp, testApp } from '../../../../support/app.js';

const path = '/v1/conversations';
const user = (content: string): object => ({ role: 'user', content });

let app: TestApp;
beforeAll(async () => {
  app = await createTestApp({ engine: { reply: 'echo' } });
});
afterAll(() => app.close());

interface Conversation {
  readonly id: string;
  readonly object: string;
  readonly created_at: number;
  readonly metadata: object;
}

interface Page {
  readonly data: readonly ConversationItem[];
  readonly has_more: boolean;
}

async function begin(body: object = {}): Promise<Conversation> {
  const answer = await app.post(path, body);
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.json<Conversation>();
}

async function respond(
  body: object,
): Promise<{ readonly id: string; readonly usage: { readonly input_tokens: number } }> {
  const answer = await app.post('/v1/responses', body);
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.json();
}

async function textsIn(id: string): Promise<readonly string[]> {
  const { data } = (await app.get(`${path}/${id}/items?order=asc`)).json<Page>();
  return data.flatMap((item) => {
    if (item.type !== 'message') return [];
    return item.content.map((part) => ('text' in part ? part.text : part.refusal));
  });
}

describe('a conversation', () => {
  it('is made, changed and deleted', async () => {
    const made = await begin({ metadata: { topic: 'a' } });
    expect(made).toEqual({
      id: expect.stringMatching(/^conv_[0-9a-f]{48}$/) as string,
      object: 'conversation',
      created_at: expect.any(Number) as number,
      metadata: { topic: 'a' },
    });
    const url = `${path}/${made.id}`;
    const changed = { ...made, metadata: { topic: 'b' } };
    expect((await app.post(url, { metadata: { topic: 'b' } })).json()).toEqual(changed);
    expect((await app.post(url, {})).json()).toEqual(changed);
    expect((await app.get(url)).json()).toEqual(changed);
    const deleted = await app.app.inject({ method: 'DELETE', url });
    expect(deleted.json()).toEqual({ id: made.id, object: 'conversation.deleted', deleted: true });
    for (const method of ['GET', 'DELETE'] as const) {
      expect((await app.app.inject({ method, url })).statusCode).toBe(404);
    }
  });

  it.each([{}, { 'content-type': 'application/json' }])(
    'can be made without a body, with the headers %j',
    async (headers) => {
      const answer = await app.app.inject({ method: 'POST', url: path, headers });
      expect(answer.json()).toMatchObject({ object: 'conversation', metadata: {} });
      const url = `${path}/${answer.json<Conversation>().id}`;
      expect((await app.app.inject({ method: 'DELETE', url, headers })).json()).toMatchObject({ deleted: true });
    },
  );

  it('gets what its responses were asked and answered', async () => {
    const { id } = await begin({ items: [{ role: 'developer', content: 'Echo.' }] });
    await respond({ conversation: id, input: 'one' });
    await respond({ conversation: { id }, input: 'two', store: false });
    expect(await textsIn(id)).toEqual(['Echo.', 'one', 'one', 'two', 'two']);
  });

  it('gives its items to its responses', async () => {
    const { id } = await begin({ items: [user('one'), { role: 'assistant', content: 'one' }] });
    const inConversation = await respond({ conversation: id, input: 'two' });
    const alone = await respond({ input: [user('one'), { role: 'assistant', content: 'one' }, user('two')] });
    expect(inConversation.usage.input_tokens).toBe(alone.usage.input_tokens);
    expect(inConversation).toMatchObject({ conversation: { id } });
  });

  it('has items that can be read, added and deleted', async () => {
    const { id } = await begin();
    const added = (await app.post(`${path}/${id}/items`, { items: [user('one'), user('two')] })).json<Page>();
    expect(added).toMatchObject({ data: [{ role: 'user' }, { role: 'user' }], has_more: false });
    const [first] = added.data;
    const url = `${path}/${id}/items/${first?.id ?? ''}`;
    expect((await app.get(url)).json()).toEqual(first);
    expect((await app.app.inject({ method: 'DELETE', url })).json()).toMatchObject({ id, object: 'conversation' });
    expect((await app.get(url)).statusCode).toBe(404);
    expect(await textsIn(id)).toEqual(['two']);
    expect((await app.get(`${path}/${id}/items?limit=1`)).json()).toMatchObject({ data: [{}], has_more: false });
  });

  it('has each item once, so that its pages end', async () => {
    const { id } = await begin({ items: [{ ...user('one'), id: 'msg_a' }] });
    const again = { ...user('two'), id: 'msg_a' };
    const refused = [
      [await app.post(`${path}/${id}/items`, { items: [user('three'), again] }), 'items.1.id'],
      [await app.post('/v1/responses', { conversation: id, input: [again] }), 'input.0.id'],
      [await app.post('/v1/responses', { conversation: id, input: [{ id: 'msg_a' }] }), 'input.0.id'],
    ] as const;
    for (const [answer, param] of refused) {
      expect(answer.statusCode).toBe(400);
      expect(answer.json()).toMatchObject({ error: { code: 'invalid_request', param } });
      expect(answer.body).toContain('is in the conversation already');
    }
    expect(await textsIn(id)).toEqual(['one']);
  });

  it('does not get a response whose items others have added meanwhile', async () => {
    const { id } = await begin();
    const input = [{ ...user('one'), id: 'msg_a' }];
    const answers = await Promise.all([1, 2].map(() => respond({ conversation: id, input })));
    expect(answers).toContainEqual(expect.objectContaining({ conversation: { id }, store: true }));
    expect(answers).toContainEqual(expect.objectContaining({ conversation: null, store: false }));
    expect(await textsIn(id)).toEqual(['one', 'one']);
  });

  it('cannot be continued by one of its responses alone', async () => {
    const { id } = await begin();
    const response = await respond({ conversation: id, input: 'one' });
    const answer = await app.post('/v1/responses', { input: 'two', previous_response_id: response.id });
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ error: { param: 'previous_response_id' } });
    expect(answer.body).toContain(id);
  });

  it.each([
    ['get', `${path}/conv_x`, undefined, 404, null],
    ['get', `${path}/conv_x/items`, undefined, 404, null],
    ['post', `${path}/conv_x`, { metadata: {} }, 404, null],
    ['post', `${path}/conv_x/items`, { items: [] }, 404, null],
    ['post', '/v1/responses', { conversation: 'conv_x', input: 'Hi' }, 404, 'conversation'],
    ['post', path, { items: [{ role: 'user' }] }, 400, 'items.0.content'],
    ['post', path, { metadata: { a: 1 } }, 400, 'metadata.a'],
  ] as const)('is refused to %s %s with %j', async (method, url, payload, status, param) => {
    const answer = await app.app.inject({ method, url, ...(payload !== undefined && { payload }) });
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject({ error: { param } });
  });

  it('is refused what would make it too long, and stays as it is', async () => {
    const large = await testApp({ engine: { context: 100, reply: 'echo' }, server: { maxBodyBytes: 20 * 1024 ** 2 } });
    const { id } = (await large.post(path, { items: [user('one')] })).json<Conversation>();
    const items = [user('x'.repeat(17 * 1024 ** 2))];
    const refused = [
      [await large.post(path, { items }), 'items'],
      [await large.post(`${path}/${id}/items`, { items }), 'items'],
      [await large.post('/v1/responses', { conversation: id, input: items }), 'conversation'],
    ] as const;
    for (const [answer, param] of refused) {
      expect(answer.statusCode).toBe(400);
      expect(answer.json()).toMatchObject({ error: { code: 'invalid_request', param } });
    }
    expect((await large.get(`${path}/${id}/items`)).json<Page>().data).toHaveLength(1);
  });
});
