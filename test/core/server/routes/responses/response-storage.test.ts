import { expect, it } from 'vitest';
import type { ResponseObject } from '../../../../../src/core/server/schemas/responses/response-answers.js';
import { type TestApp, testApp } from '../../../../support/app.js';
import { FailingStorage } from '../../../../support/failing-storage.js';
import { namedEvents } from '../../../../support/named-events.js';
import { openStream } from '../../../../support/stream-client.js';
import { until } from '../../../../support/until.js';
import { VirtualClock } from '../../../../support/virtual-clock.js';

const path = '/v1/responses';

interface Prepared {
  readonly app: TestApp;
  readonly storage: FailingStorage;
}

async function prepare(): Promise<Prepared> {
  const storage = new FailingStorage(new VirtualClock());
  return { app: await testApp({ engine: { reply: 'echo' }, storage }), storage };
}

async function respond({ app }: Prepared, body: object): Promise<ResponseObject> {
  const answer = await app.post(path, body);
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.json<ResponseObject>();
}

it('answers if the store cannot be written, and says that the response is not stored', async () => {
  const prepared = await prepare();
  const { app, storage } = prepared;
  storage.works = 'for reading';
  const whole = await respond(prepared, { input: 'Hello' });
  expect(whole).toMatchObject({ status: 'completed', store: false, output: [{ content: [{ text: 'Hello' }] }] });
  const client = await openStream(app.app, { input: 'Hello', stream: true }, {}, path);
  const events = namedEvents(await app.flyUntil(client.finished()));
  expect(events.at(0)?.data['response']).toMatchObject({ store: true });
  expect(events.at(-1)).toMatchObject({ type: 'response.completed', data: { response: { store: false } } });
  expect(events.map(({ data }) => data['sequence_number'])).toEqual(events.map((_event, index) => index));
  storage.works = 'fully';
  expect((await app.get(`${path}/${whole.id}`)).statusCode).toBe(404);
});

it.each([true, false])('says that the conversation was not changed, with "store": %j', async (store) => {
  const prepared = await prepare();
  const { app, storage } = prepared;
  const { id } = (await app.post('/v1/conversations', {})).json<{ id: string }>();
  storage.works = 'for reading';
  const body = { input: 'Hello', conversation: id, store };
  expect(await respond(prepared, body)).toMatchObject({ store: false, conversation: null });
  storage.works = 'fully';
  expect((await app.get(`/v1/conversations/${id}/items`)).json()).toMatchObject({ data: [] });
  expect(await respond(prepared, body)).toMatchObject({ store, conversation: { id } });
});

it('refuses what only reads or stores if that fails', async () => {
  const prepared = await prepare();
  const { app, storage } = prepared;
  const { id } = await respond(prepared, { input: 'Hello' });
  storage.works = 'not at all';
  const answers = [
    await app.get(`${path}/${id}`),
    await app.post(path, { input: 'On', previous_response_id: id }),
    await app.post('/v1/conversations', {}),
    await app.app.inject({ method: 'DELETE', url: `${path}/${id}` }),
  ];
  for (const answer of answers) {
    expect(answer.statusCode).toBe(507);
    expect(answer.json()).toMatchObject({ error: { code: 'storage_failed', type: 'server_error' } });
  }
});

it('sends the last event when the response is stored, and not before', async () => {
  const { app, storage } = await prepare();
  let stored = (): void => undefined;
  storage.until = new Promise<void>((resolve) => {
    stored = resolve;
  });
  const client = await openStream(app.app, { input: 'Hi', stream: true }, {}, path);
  await app.flyUntil(client.arrived('response.output_text.delta'));
  await app.clock.advanceAsync(60_000);
  expect(client.body).not.toContain('response.completed');
  stored();
  expect(namedEvents(await app.flyUntil(client.finished())).at(-1)?.type).toBe('response.completed');
});

it('stores a response although its client leaves meanwhile', async () => {
  const { app, storage } = await prepare();
  let stored = (): void => undefined;
  storage.until = new Promise<void>((resolve) => {
    stored = resolve;
  });
  const client = await openStream(app.app, { input: 'Hi', stream: true }, {}, path);
  await app.flyUntil(client.arrived('response.created'));
  const id = /resp_[0-9a-f]+/.exec(client.body)?.[0] ?? '';
  await app.clock.advanceAsync(60_000);
  client.leave();
  const connections = (): Promise<number> =>
    new Promise((resolve) => {
      app.app.server.getConnections((_error, count) => {
        resolve(count);
      });
    });
  await until(async () => (await connections()) === 0, 'the end of the connection');
  stored();
  await until(async () => (await app.get(`${path}/${id}`)).statusCode === 200, 'the response');
});

it('loses nothing that is added to a conversation at the same time', async () => {
  const prepared = await prepare();
  const { app } = prepared;
  const { id } = (await app.post('/v1/conversations', {})).json<{ id: string }>();
  const item = (text: string): object => ({ items: [{ role: 'user', content: text }] });
  const added = Array.from({ length: 10 }, (_, index) => app.post(`/v1/conversations/${id}/items`, item(`${index}`)));
  await Promise.all([...added, respond(prepared, { input: 'Hello', conversation: id })]);
  const listed = (await app.get(`/v1/conversations/${id}/items?limit=100`)).json<{ data: unknown[] }>();
  expect(listed.data).toHaveLength(12);
});
