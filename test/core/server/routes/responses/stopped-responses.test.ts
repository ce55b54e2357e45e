import { describe, expect, it } from 'vitest';
import type { ResponseObject } from '../../../../../src/core/server/schemas/responses/response-answers.js';
import { type TestApp, testApp } from '../../../../support/app.js';
import { FailingStorage } from '../../../../support/failing-storage.js';
import { openStream } from '../../../../support/stream-client.js';
import { until } from '../../../../support/until.js';
import { VirtualClock } from '../../../../support/virtual-clock.js';

const path = '/v1/responses';

/** Leaves a response after its first words. @returns its id */
async function abandoned(app: TestApp, body: object = {}): Promise<string> {
  const request = { input: 'Hi', max_output_tokens: 1000, stream: true, ...body };
  const client = await openStream(app.app, request, {}, path);
  await app.flyUntil(client.arrived('output_text.delta'));
  client.leave();
  await until(() => app.inference.running === 0, 'the end of the generation');
  return /resp_[0-9a-f]+/.exec(client.body)?.[0] ?? '';
}

async function status(app: TestApp, id: string): Promise<number> {
  return (await app.get(`${path}/${id}`)).statusCode;
}

describe('a response whose client left', () => {
  it('is stored as cancelled, with the output so far', async () => {
    const app = await testApp({ engine: { reply: 'long' } });
    const id = await abandoned(app);
    await until(async () => (await status(app, id)) === 200, 'the response');
    const response = (await app.get(`${path}/${id}`)).json<ResponseObject>();
    expect(response).toMatchObject({ status: 'cancelled', error: null, completed_at: null });
    expect(response.output).toMatchObject([{ type: 'message', status: 'incomplete' }]);
    expect(JSON.stringify(response.output)).toContain('"text":"1');
    const next = await app.post(path, { input: 'Go on', previous_response_id: id, max_output_tokens: 2 });
    expect(next.statusCode, next.body).toBe(200);
  });

  it('does not become part of its conversation', async () => {
    const app = await testApp({ engine: { reply: 'long' } });
    const { id: conversation } = (await app.post('/v1/conversations', {})).json<{ id: string }>();
    const id = await abandoned(app, { conversation });
    await until(async () => (await status(app, id)) === 200, 'the response');
    expect((await app.get(`/v1/conversations/${conversation}/items`)).json()).toMatchObject({ data: [] });
  });

  it('is waited for by those who ask for it while it is being stored', async () => {
    const storage = new FailingStorage(new VirtualClock());
    const app = await testApp({ engine: { reply: 'long' }, storage });
    let stored = (): void => undefined;
    storage.until = new Promise<void>((resolve) => {
      stored = resolve;
    });
    const id = await abandoned(app);
    await until(() => storage.waiting === 1, 'the response to be stored');
    const asked = status(app, id);
    stored();
    expect(await asked).toBe(200);
  });
});

describe('a client that leaves while its conversation is read', () => {
  it.each([true, false])('is not answered, with stream %j', async (stream) => {
    const storage = new FailingStorage(new VirtualClock());
    const app = await testApp({ engine: { reply: 'long', tokenMs: 1000 }, storage });
    const { id } = (await app.post(path, { input: 'Hi', max_output_tokens: 1 })).json<ResponseObject>();
    let readable = (): void => undefined;
    storage.readableFrom = new Promise<void>((resolve) => {
      readable = resolve;
    });
    const left = new Promise((resolve) => {
      app.app.server.once('connection', (socket) => socket.once('close', resolve));
    });
    const client = await openStream(app.app, { input: 'Go on', previous_response_id: id, stream }, {}, path);
    await until(() => storage.reading === 1, 'the conversation to be read');
    client.leave();
    await left;
    readable();
    await until(() => app.log.some(({ outcome }) => String(outcome).startsWith('cancelled')), 'the end');
    expect(app.inference.running).toBe(0);
  });
});

describe('a response that was answered with an error', () => {
  it('is not stored, and neither is one that the request does not want to be', async () => {
    const storage = new FailingStorage(new VirtualClock());
    const app = await testApp({ engine: { reply: 'long' }, storage });
    await app.ask(path, { input: 'Hi', tools: [{ type: 'shell' }] });
    const id = await abandoned(app, { store: false });
    expect([await status(app, id), storage.written]).toEqual([404, 0]);
  });
});
