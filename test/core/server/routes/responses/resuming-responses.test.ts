import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../../../src/core/base/clock.js';
import { member } from '../../../../../src/core/base/json.js';
import { createTestApp, type TestApp } from '../../../../support/app.js';
import { FailingStorage } from '../../../../support/failing-storage.js';
import { type NamedEvent, namedEvents } from '../../../../support/named-events.js';

const path = '/v1/responses';
const headers = { 'x-chatstream-resume': 'tokens' };
const body = { input: 'one two three four five six', stream: true };

const storage = new FailingStorage(systemClock);
let app: TestApp;
beforeAll(async () => {
  app = await createTestApp({ engine: { reply: 'echo', tokenMs: 1 }, server: { writeTimeoutMs: 0 }, storage });
});
afterAll(async () => {
  await app.close();
});

interface Begun {
  readonly events: readonly NamedEvent[];
  readonly id: string;
  /** What another server needs after four tokens. */
  readonly resume: { readonly answer: string; readonly tokens: readonly number[]; readonly state: string };
}

async function begun(more: object = {}): Promise<Begun> {
  const response = await app.post(path, { ...body, ...more }, headers);
  const records = [...response.body.matchAll(/^: tokens (\d+) (.+)$/gm)].slice(0, 4);
  const events = namedEvents(response.body);
  return {
    events,
    id: String(member(events[0]?.data['response'], 'id')),
    resume: {
      answer: String(response.headers['x-chatstream-resume']),
      tokens: records.map(([, token]) => Number(token)),
      state: records.at(-1)?.[2] ?? '',
    },
  };
}

describe('the stream of a response that another server has begun', () => {
  it('goes on with the number of the next event', async () => {
    const { events, resume } = await begun();
    const resumed = namedEvents((await app.post(path, { ...body, resume }, headers)).body);
    const [next] = resumed;
    expect(next?.data).toMatchObject({ type: 'response.output_text.delta', delta: 'five ' });
    expect(next?.data).toEqual(events[Number(next?.data['sequence_number'])]?.data);
    expect(resumed).toHaveLength(events.length - Number(next?.data['sequence_number']));
  });

  it.each([
    ['a text', body.input],
    ['an item with an id', [{ role: 'user', content: body.input, id: 'msg_1' }]],
  ])('neither replaces nor adds to what is stored, if it has ended here before: of %s', async (_what, input) => {
    const conversation = (await app.post('/v1/conversations', {})).json<{ id: string }>().id;
    const { id, resume } = await begun({ conversation, input });
    const stored = (await app.get(`${path}/${id}`)).json<object>();
    const resumed = await app.post(path, { ...body, input, conversation, resume }, headers);
    expect(namedEvents(resumed.body).at(-1)?.data['response']).toMatchObject({ id, usage: { output_tokens: 6 } });
    expect((await app.get(`${path}/${id}`)).json()).toEqual(stored);
    const items = (await app.get(`/v1/conversations/${conversation}/items`)).json<{ data: unknown[] }>().data;
    expect(items).toHaveLength(2);
  });

  it('says that it is in its conversation if it has ended here before, also one that is not stored', async () => {
    const conversation = (await app.post('/v1/conversations', {})).json<{ id: string }>().id;
    const { resume } = await begun({ conversation, store: false });
    const resumed = await app.post(path, { ...body, conversation, store: false, resume }, headers);
    const { response } = namedEvents(resumed.body).at(-1)?.data ?? {};
    expect(response).toMatchObject({ conversation: { id: conversation }, store: false });
    const items = (await app.get(`/v1/conversations/${conversation}/items`)).json<{ data: unknown[] }>().data;
    expect(items).toHaveLength(2);
  });

  it('comes to its end if the store cannot be read, and says that it is not stored', async () => {
    const { events, resume } = await begun();
    storage.works = 'not at all';
    const resumed = await app.post(path, { ...body, resume }, headers);
    storage.works = 'fully';
    const rest = namedEvents(resumed.body);
    expect(rest.map(({ type }) => type)).toEqual(events.slice(-rest.length).map(({ type }) => type));
    expect(rest.at(-1)).toMatchObject({ type: 'response.completed', data: { response: { store: false } } });
  });

  it('is stored where it ends', async () => {
    const { id, resume } = await begun();
    await app.app.inject({ method: 'DELETE', url: `${path}/${id}` });
    await app.post(path, { ...body, resume }, headers);
    const stored = (await app.get(`${path}/${id}`)).json<{ output: { content: object[] }[] }>();
    expect(stored.output[0]?.content).toMatchObject([{ text: body.input }]);
  });

  it('cannot continue itself, directly or through another response', async () => {
    const { id, resume } = await begun();
    const next = (await app.post(path, { input: 'Go on', previous_response_id: id })).json<{ id: string }>();
    const stored = (await app.get(`${path}/${id}`)).json<object>();
    for (const previous of [id, next.id]) {
      const refused = await app.post(path, { ...body, resume, previous_response_id: previous }, headers);
      expect(refused.statusCode, refused.body).toBe(400);
      expect(refused.json()).toMatchObject({ error: { param: 'previous_response_id' } });
    }
    expect((await app.get(`${path}/${id}`)).json()).toEqual(stored);
  });

  it.each<[string, object, string]>([
    ['without its state', { resume: { state: undefined } }, 'resume.state'],
    ['with a state of another kind', { resume: { state: '{"events":-1}' } }, 'resume.state'],
    ['under the name of a chat', { resume: { answer: 'chat' } }, 'resume.answer'],
    ['with probabilities', { include: ['message.output_text.logprobs'] }, 'resume'],
    ['as one body', { stream: false }, 'resume'],
  ])('is refused %s', async (_what, more: { resume?: object }, param) => {
    const { resume } = await begun();
    const asked = { ...body, ...more, resume: { ...resume, ...renamed(resume.answer, more.resume) } };
    const response = await app.post(path, asked, headers);
    expect(response.statusCode).toBe(400);
    expect(response.json()).toMatchObject({ error: { param } });
  });
});

/** With the name of a chat instead, if one is wanted. */
function renamed(answer: string, changes: object = {}): object {
  if (!('answer' in changes)) return changes;
  const [, ...others] = JSON.parse(Buffer.from(answer, 'base64url').toString()) as readonly unknown[];
  return { answer: Buffer.from(JSON.stringify(['chatcmpl-1', ...others])).toString('base64url') };
}
