import { describe, expect, it } from 'vitest';
import { digestOf, type KeySettings, noRates } from '../../../../../src/core/config/key-settings.js';
import { usualTerms } from '../../../../../src/core/scheduler/jobs/demand.js';
import { chat, type TestApp, testApp, type TestAppOptions, until } from '../../../../support/app.js';
import { openStream, type StreamClient, watchEvents } from '../../../../support/stream-client.js';
import { parseStream } from '../../../../support/stream-parts.js';

const path = '/v1/queue/events';

type Event = Readonly<Record<string, unknown>>;

function eventsOf({ body }: StreamClient): readonly Event[] {
  return parseStream(body.slice(0, body.lastIndexOf('\n\n') + 2)).flatMap((part) =>
    part.type === 'data' ? [part.data] : [],
  );
}

/** The next events of a watcher after so many milliseconds, once there is at least one. */
async function eventsAfter({ clock }: TestApp, watcher: StreamClient, ms: number): Promise<readonly Event[]> {
  const before = eventsOf(watcher).length;
  await clock.advanceAsync(ms);
  await until(() => eventsOf(watcher).length > before, 'an event');
  return eventsOf(watcher).slice(before);
}

function server(options: TestAppOptions = {}): Promise<TestApp> {
  return testApp({ engine: { reply: 'long' }, ...options, queue: { maxConcurrency: 1, ...options.queue } });
}

/** Sends a request that runs or waits when this resolves. */
async function join({ app, inference }: TestApp, more: object = {}, key?: string): Promise<StreamClient> {
  const before = inference.running + inference.waiting;
  const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
  const client = await openStream(app, chat('hi', { max_tokens: 1000, ...more }), headers);
  await until(() => inference.running + inference.waiting > before);
  return client;
}

describe('GET /v1/queue/events', () => {
  it('begins with both queues', async () => {
    const made = await server();
    await join(made);
    await join(made);
    const watcher = await watchEvents(made.app, path);
    expect(watcher.status).toBe(200);
    expect(watcher.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    const { at_ms, type, lists, has_keys, ...snapshot } = eventsOf(watcher)[0] ?? {};
    expect([type, lists, has_keys]).toEqual(['snapshot', 'all', false]);
    expect(snapshot).toMatchObject({ running_count: 1, waiting_count: 1 });
    expect(Math.abs(Number(at_ms) - Date.now())).toBeLessThan(60_000);
    expect(snapshot).toEqual((await made.get('/v1/queue')).json<unknown>());
  });

  it('goes on with what changes', async () => {
    const made = await server();
    const first = await join(made, { max_tokens: 30 });
    const watcher = await watchEvents(made.app, path);
    const [started] = await eventsAfter(made, watcher, 200);
    expect(started).toMatchObject({
      type: 'change',
      requests: [{ state: 'running', slot: 0, output_tokens: 18, running_ms: 200 }],
      ended: [],
      status: { output_tokens: 18 },
    });
    await join(made);
    const [joined] = await eventsAfter(made, watcher, 200);
    // The first one has ended, and the second has never been seen to wait.
    expect(joined).toMatchObject({
      requests: [{ state: 'running', slot: 0 }],
      ended: [{ outcome: 'completed', output_tokens: 30 }],
      hidden: [],
      status: { totals: { completed: 1 } },
    });
    expect(first.status).toBe(200);
  });

  it('shows a request wait, run and leave', async () => {
    const made = await server();
    const first = await join(made);
    const watcher = await watchEvents(made.app, path);
    const second = await join(made);
    const [waits] = await eventsAfter(made, watcher, 200);
    expect(waits).toMatchObject({
      requests: [{ state: 'running' }, { state: 'waiting', position: 1, waits_for: 'slot' }],
      status: { waiting_count: 1 },
    });
    first.leave();
    await until(() => made.inference.waiting === 0);
    const [runs] = await eventsAfter(made, watcher, 200);
    expect(runs).toMatchObject({ requests: [{ state: 'running' }], ended: [{ outcome: 'cancelled' }] });
    second.leave();
    await until(() => made.inference.running === 0);
    const [left] = await eventsAfter(made, watcher, 200);
    expect(left).toMatchObject({ requests: [], ended: [{ outcome: 'cancelled' }], status: { running_count: 0 } });
  });

  it('tells of limits that are turned', async () => {
    const made = await server();
    const watcher = await watchEvents(made.app, path);
    await made.app.inject({ method: 'PATCH', url: '/v1/queue', payload: { max_concurrency: 3 } });
    expect(await eventsAfter(made, watcher, 200)).toMatchObject([{ status: { max_concurrency: 3 }, requests: [] }]);
  });

  it('is silent while nothing changes, except for a comment every 15 s', async () => {
    const made = await server();
    const watcher = await watchEvents(made.app, path);
    await made.clock.advanceAsync(30_000);
    await until(() => parseStream(watcher.body).length >= 3);
    expect(parseStream(watcher.body).slice(1)).toEqual([
      { type: 'comment', text: 'watching' },
      { type: 'comment', text: 'watching' },
    ]);
  });

  it('needs no timer while nobody looks', async () => {
    const made = await server();
    const before = made.clock.pending;
    const watchers = [await watchEvents(made.app, path), await watchEvents(made.app, path)];
    expect(made.clock.pending).toBe(before + 1);
    for (const watcher of watchers) watcher.leave();
    await until(() => made.clock.pending === before, 'the end of the timer');
  });

  it('lists the first hundred of each queue, and counts all', async () => {
    const made = await server({ queue: { maxConcurrency: 1, maxQueue: 1000 } });
    for (let count = 0; count < 150; count += 1) void made.ask('/v1/completions', { prompt: 'hi', max_tokens: 5 });
    await until(() => made.inference.waiting === 149);
    const watcher = await watchEvents(made.app, path);
    const [snapshot] = eventsOf(watcher);
    expect(snapshot).toMatchObject({ running_count: 1, waiting_count: 149 });
    expect(snapshot?.['waiting']).toHaveLength(100);
  });

  it('ends when the server closes', async () => {
    const made = await server();
    const watcher = await watchEvents(made.app, path);
    await made.app.close();
    await watcher.finished();
    expect(watcher.state).toBe('ended');
  });
});

describe('who may watch', () => {
  const key = (name: string, role: KeySettings['role']): KeySettings => ({
    ...{ name, role, digest: digestOf(name) },
    ...{ trafficClass: 'standard', terms: usualTerms, rates: noRates },
  });
  const keys = [key('anna', 'user'), key('olga', 'observer'), key('boss', 'admin')];

  it('not who has no key', async () => {
    const made = await server({ keys });
    expect((await made.get(path, { authorization: 'Bearer nobody' })).statusCode).toBe(401);
  });

  it('a user, who sees the own requests, their places among all, and how many there are', async () => {
    const made = await server({ keys: [...keys, key('otto', 'user')] });
    await join(made, {}, 'otto');
    await join(made, {}, 'otto');
    const own = await join(made, {}, 'anna');
    const watcher = await watchEvents(made.app, path, { authorization: 'Bearer anna' });
    const [snapshot] = eventsOf(watcher);
    expect(snapshot).toMatchObject({ lists: 'own', running_count: 1, waiting_count: 2, running: [] });
    expect(snapshot?.['waiting']).toMatchObject([{ key: 'anna', position: 2 }]);

    own.leave();
    await until(() => made.inference.waiting === 1);
    const [left] = await eventsAfter(made, watcher, 1000);
    expect(left).toMatchObject({ ended: [{ outcome: 'cancelled' }], status: { waiting_count: 1 } });
    expect(watcher.body).not.toContain('otto');
  });

  it('anybody, who hears whether there are keys with which more might be shown', async () => {
    const anonymous = { ...key('anonymous', 'observer'), digest: Buffer.alloc(0) };
    const seenBy = async (options: TestAppOptions): Promise<unknown> => {
      const made = await server(options);
      return eventsOf(await watchEvents(made.app, path))[0];
    };
    expect(await seenBy({ keys, anonymous })).toMatchObject({ lists: 'all', may_turn: false, has_keys: true });
    expect(await seenBy({ anonymous })).toMatchObject({ has_keys: false });
    expect(await seenBy({})).toMatchObject({ has_keys: false });
  });

  it('a user, who hears nothing of how requests of others end', async () => {
    const made = await server({ keys: [...keys, key('otto', 'user')] });
    const watcher = await watchEvents(made.app, path, { authorization: 'Bearer anna' });
    const other = await join(made, {}, 'otto');
    other.leave();
    await until(() => made.inference.running === 0);
    const [change] = await eventsAfter(made, watcher, 1000);
    expect(change).toMatchObject({ requests: [], ended: [], status: { totals: { cancelled: 1 } } });
  });

  it('a watcher whose key has another role by now is dismissed', async () => {
    const made = await server({ keys });
    const watcher = await watchEvents(made.app, path, { authorization: 'Bearer olga' });
    made.replaceKeys([key('olga', 'user')]);
    await made.clock.advanceAsync(15_000);
    await watcher.finished();
    expect(watcher.state).toBe('ended');
  });

  it.each(['olga', 'boss'])('%s', async (name) => {
    const made = await server({ keys });
    expect((await watchEvents(made.app, path, { authorization: `Bearer ${name}` })).status).toBe(200);
  });

  it('a watcher whose key is gone is dismissed', async () => {
    const made = await server({ keys });
    const watcher = await watchEvents(made.app, path, { authorization: 'Bearer olga' });
    made.replaceKeys([key('boss', 'admin')]);
    await made.clock.advanceAsync(15_000);
    await watcher.finished();
    expect(watcher.state).toBe('ended');
  });
});
