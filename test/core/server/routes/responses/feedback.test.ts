import type { LightMyRequestResponse } from 'fastify';
import { describe, expect, it } from 'vitest';
import { digestOf, noRates } from '../../../../../src/core/config/key-settings.js';
import { usualTerms } from '../../../../../src/core/scheduler/jobs/demand.js';
import { type TestApp, testApp } from '../../../../support/app.js';

const path = '/v1/feedback';

interface List {
  readonly data: readonly (Readonly<Record<string, unknown>> & { readonly id: string })[];
  readonly has_more: boolean;
}

function server(): Promise<TestApp> {
  return testApp({ engine: { reply: 'echo' } });
}

async function answer({ post }: TestApp, body: object): Promise<string> {
  return (await post('/v1/responses', body)).json<{ id: string }>().id;
}

async function listed({ get }: TestApp, query = ''): Promise<List> {
  return (await get(path + query)).json<List>();
}

function give({ post }: TestApp, body: object): Promise<LightMyRequestResponse> {
  return post(path, body);
}

describe('feedback', () => {
  it('is kept with the prompt and the answer', async () => {
    const made = await server();
    const first = await answer(made, { input: 'one', instructions: 'Echo.' });
    const second = await answer(made, { input: 'two', instructions: 'Repeat.', previous_response_id: first });
    const given = await give(made, { response_id: second, like: true, comment: 'Just so.', fields: { shown: 'A' } });
    expect(given.json<unknown>()).toEqual({
      id: expect.stringMatching(/^fb_[0-9a-f]{48}$/) as string,
      object: 'feedback',
      created_at: expect.any(Number) as number,
      response_id: second,
      ...{ like: true, comment: 'Just so.', fields: { shown: 'A' } },
    });
    expect((await listed(made)).data).toEqual([
      {
        ...given.json<object>(),
        key: 'anonymous',
        model: 'mock',
        prompt: [
          { role: 'system', content: 'Repeat.' },
          { role: 'user', content: 'one' },
          { role: 'assistant', content: 'one' },
          { role: 'user', content: 'two' },
        ],
        answer: { role: 'assistant', content: 'two' },
      },
    ]);
  });

  it('has what came before in a conversation, and not what came after', async () => {
    const made = await server();
    const conversation = (await made.post('/v1/conversations', {})).json<{ id: string }>().id;
    await answer(made, { input: 'one', conversation });
    const id = await answer(made, { input: 'two', conversation });
    await answer(made, { input: 'three', conversation });
    await give(made, { response_id: id, like: false });
    const contents = (await listed(made)).data.map(({ prompt }) => prompt);
    expect(contents).toEqual([
      [
        { role: 'user', content: 'one' },
        { role: 'assistant', content: 'one' },
        { role: 'user', content: 'two' },
      ],
    ]);
  });

  it('has the whole conversation before an input that says the same again, and one that was deleted in part', async () => {
    const made = await server();
    const begun = await made.post('/v1/conversations', { items: [{ role: 'user', content: 'zero' }] });
    const conversation = begun.json<{ id: string }>().id;
    const items = `/v1/conversations/${conversation}/items`;
    await answer(made, { conversation, input: 'one' });
    const input = [
      { role: 'user', content: 'zero' },
      { id: 'msg_two', role: 'user', content: 'two' },
    ];
    const last = await answer(made, { conversation, input });
    const prompt = async (): Promise<unknown> => {
      await give(made, { response_id: last, like: true });
      return (await listed(made)).data.map((each) => each['prompt']);
    };
    const said = ['zero', 'one', 'one', 'zero', 'two'].map((content) => ({ content }));
    expect(await prompt()).toMatchObject([said]);
    await made.app.inject({ method: 'DELETE', url: `${items}/msg_two` });
    expect(await prompt()).toMatchObject([said]);
  });

  it('says something about the answer', async () => {
    const made = await server();
    const refused = await give(made, { response_id: 'x' });
    expect(refused.statusCode).toBe(400);
    expect(refused.json<unknown>()).toMatchObject({
      error: {
        code: 'invalid_request',
        message: '"like", "comment" and "fields" are all missing. Send at least one of them.',
      },
    });
    expect((await listed(made)).data).toEqual([]);
    const withdrawn = await give(made, { response_id: 'x', like: null });
    expect(withdrawn.statusCode).toBe(200);
  });

  it('has no fields that are nested too deeply', async () => {
    const fields = `{"a":${'['.repeat(1000)}${']'.repeat(1000)}}`;
    const refused = await (await server()).post(path, `{"response_id":"x","fields":${fields}}`);
    expect(refused.statusCode).toBe(400);
    expect(refused.json()).toMatchObject({ error: { param: 'fields' } });
  });

  it('outlives its response', async () => {
    const made = await server();
    const id = await answer(made, { input: 'hi' });
    await give(made, { response_id: id, like: true });
    await made.app.inject({ method: 'DELETE', url: `/v1/responses/${id}` });
    expect((await listed(made)).data).toMatchObject([{ answer: { content: 'hi' } }]);
  });

  it('may be about an answer that is not stored', async () => {
    const made = await server();
    const unstored = await answer(made, { input: 'hi', store: false });
    await give(made, { response_id: unstored, comment: 'Odd.' });
    await give(made, { response_id: 'chatcmpl-1', like: null, fields: { text: 'mine' } });
    expect((await listed(made)).data).toMatchObject([
      { response_id: unstored, like: null, comment: 'Odd.', model: null, prompt: null, answer: null },
      { response_id: 'chatcmpl-1', fields: { text: 'mine' } },
    ]);
  });

  it('has no prompt if a part of it is gone', async () => {
    const made = await server();
    const first = await answer(made, { input: 'one' });
    const second = await answer(made, { input: 'two', previous_response_id: first });
    await made.app.inject({ method: 'DELETE', url: `/v1/responses/${first}` });
    await give(made, { response_id: second, like: true });
    expect((await listed(made)).data).toMatchObject([{ prompt: null, answer: { content: 'two' } }]);
  });

  it('replaces what was said about the same answer before', async () => {
    const made = await server();
    await give(made, { response_id: 'a', like: true });
    await give(made, { response_id: 'a', like: false });
    expect((await listed(made)).data.map(({ like }) => like)).toEqual([false]);
  });

  it('is listed in pages, the oldest first', async () => {
    const made = await server();
    for (const id of ['a', 'b', 'c']) await give(made, { response_id: id, like: true });
    const first = await listed(made, '?limit=2');
    expect(first).toMatchObject({ data: [{ response_id: 'a' }, { response_id: 'b' }], has_more: true });
    const second = await listed(made, `?limit=2&after=${first.data[1]?.id ?? ''}`);
    expect(second).toMatchObject({ data: [{ response_id: 'c' }], has_more: false });
    expect((await made.get(`${path}?after=fb_0`)).statusCode).toBe(404);
  });

  it('is listed to its end when a thumb is turned between two pages', async () => {
    const made = await server();
    for (const id of ['a', 'b', 'c', 'd']) await give(made, { response_id: id, like: true });
    const first = await listed(made, '?limit=2');
    await give(made, { response_id: 'b', like: false });
    const second = await listed(made, `?limit=2&after=${first.data[1]?.id ?? ''}`);
    expect(second).toMatchObject({ data: [{ response_id: 'c' }, { response_id: 'd' }], has_more: false });
  });

  it('can be deleted', async () => {
    const made = await server();
    const { id } = (await give(made, { response_id: 'a', like: true })).json<{ id: string }>();
    const remove = (): Promise<LightMyRequestResponse> => made.app.inject({ method: 'DELETE', url: `${path}/${id}` });
    expect((await remove()).json<unknown>()).toEqual({ id, object: 'feedback', deleted: true });
    expect((await remove()).statusCode).toBe(404);
  });

  it.each([
    ['an answer', { like: true, comment: 'Good.' }, 'response_id'],
    ['something to say', { response_id: 'a' }, null],
    ['known fields', { response_id: 'a', thumbs: 'up' }, 'thumbs'],
  ])('needs %s', async (_what, body, param) => {
    const refused = await give(await server(), body);
    expect(refused.statusCode).toBe(400);
    expect(refused.json<unknown>()).toMatchObject({ error: { param } });
  });

  it('is given by users and read by administrators', async () => {
    const plain = { trafficClass: 'standard', terms: usualTerms, rates: noRates } as const;
    const roles = ['user', 'observer', 'admin'] as const;
    const made = await testApp({ keys: roles.map((role) => ({ name: role, role, digest: digestOf(role), ...plain })) });
    const as = (role: string): { authorization: string } => ({ authorization: `Bearer ${role}` });
    const given = await Promise.all(roles.map((role) => made.post(path, { response_id: 'a', like: true }, as(role))));
    expect(given.map(({ statusCode }) => statusCode)).toEqual([200, 403, 200]);
    const read = await Promise.all(roles.map((role) => made.get(path, as(role))));
    expect(read.map(({ statusCode }) => statusCode)).toEqual([403, 403, 200]);
    expect(read[2]?.json<List>().data.map(({ key }) => key)).toEqual(['user', 'admin']);
  });
});
