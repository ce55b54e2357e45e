import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Http, httpOf } from '../../../../src/core/bench/target/http.js';
import { queueControl } from '../../../../src/core/bench/target/queue-control.js';
import type { ScriptedHttpServer } from '../../../support/scripted-http-server.js';
import { queueView, type RouteAnswer, routeOf, serveRoutes } from './routes.js';

const hold = { hold: { id: 'me', seconds: 60 } };
const end = { hold: { id: 'me', seconds: 0 } };

/** What was sent to the server, in order. */
function told({ exchanges }: ScriptedHttpServer): readonly unknown[] {
  return exchanges
    .filter((exchange) => routeOf(exchange) === 'PATCH /v1/queue')
    .map(({ body }): unknown => JSON.parse(body));
}

async function control(server: ScriptedHttpServer): Promise<NonNullable<Awaited<ReturnType<typeof queueControl>>>> {
  const queue = await queueControl(httpOf(server.url, {}), 'chat', 'me');
  if (queue === null) throw new Error('it cannot be set');
  return queue;
}

describe('queueControl', () => {
  it('knows how the server is set, and changes nothing by finding out', async () => {
    const server = await serveRoutes({ 'GET /v1/queue': queueView(), 'PATCH /v1/queue': queueView() });
    expect(await control(server)).toMatchObject({ original: 4, slots: 8, maxQueue: 64 });
    expect(told(server)).toEqual([end]);
  });

  it('sets it between settings and puts it back', async () => {
    const server = await serveRoutes({ 'GET /v1/queue': queueView(), 'PATCH /v1/queue': queueView() });
    const queue = await control(server);
    await queue.setMaxConcurrency(1);
    await queue.setMaxConcurrency(8);
    await queue.restore();
    await queue.restore();
    expect(told(server).slice(1)).toEqual([{ max_concurrency: 1, ...hold }, { max_concurrency: 8, ...hold }, end]);
  });

  it('sets it again for each measurement, because somebody else may have changed it', async () => {
    const server = await serveRoutes({ 'GET /v1/queue': queueView(), 'PATCH /v1/queue': queueView() });
    const queue = await control(server);
    await queue.setMaxConcurrency(2);
    await queue.setMaxConcurrency(2);
    expect(told(server).slice(1)).toEqual([2, 2].map((max) => ({ max_concurrency: max, ...hold })));
  });

  it('ends its hold even if it has changed nothing', async () => {
    const server = await serveRoutes({ 'GET /v1/queue': queueView(), 'PATCH /v1/queue': queueView() });
    const queue = await control(server);
    await queue.setMaxConcurrency(4);
    await queue.restore();
    expect(told(server).slice(1)).toEqual([{ max_concurrency: 4, ...hold }, end]);
  });

  it('puts the first value back itself where the server knows no holds, as chatstream 0.1', async () => {
    const server = await serveRoutes({
      'GET /v1/queue': queueView(),
      'PATCH /v1/queue': ({ body }) => (body.includes('hold') ? { status: '400 Bad Request', body: {} } : queueView()),
    });
    const queue = await control(server);
    await queue.setMaxConcurrency(1);
    await queue.restore();
    await queue.restore();
    expect(told(server)).toEqual([end, ...[4, 1, 4].map((max) => ({ max_concurrency: max }))]);
  });

  it('says what to put back to a cluster, of which another front may have begun the hold', async () => {
    const view = queueView({ slots_at: 'nodes' });
    const server = await serveRoutes({ 'GET /v1/queue': view, 'PATCH /v1/queue': view });
    const queue = await control(server);
    await queue.setMaxConcurrency(1);
    await queue.restore();
    expect(told(server).slice(1)).toEqual([
      { max_concurrency: 1, ...hold },
      { max_concurrency: 4, ...end },
    ]);
  });

  it('sets only the model that is measured, where a server has several', async () => {
    const limits = { max_concurrency: 4, max_queue: 64, slots: 8 };
    const models = [
      { ...limits, name: 'code' },
      { ...limits, name: 'chat', max_concurrency: 2, max_queue: 5 },
    ];
    const view = queueView({ models });
    const server = await serveRoutes({ 'GET /v1/queue': view, 'PATCH /v1/queue': view });
    const queue = await control(server);
    expect(queue).toMatchObject({ original: 2, slots: 8, maxQueue: 5 });
    await queue.setMaxConcurrency(3);
    await queue.restore();
    expect(told(server)).toEqual(
      [end, { max_concurrency: 3, ...hold }, end].map((each) => ({ model: 'chat', ...each })),
    );
  });

  it('waits for a front of a cluster that has not found its line yet', async () => {
    const answers: RouteAnswer[] = [{ status: '503 Service Unavailable', body: {} }, queueView()];
    const server = await serveRoutes({
      'GET /v1/queue': queueView(),
      'PATCH /v1/queue': () => answers.shift() ?? queueView(),
    });
    expect(await control(server)).toMatchObject({ original: 4, slots: 8 });
    expect(told(server)).toHaveLength(2);
  });

  it('does not wait longer for one that takes long to say each time that it cannot be set', async () => {
    let nowMs = 0;
    const now = vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
    onTestFinished(() => {
      now.mockRestore();
    });
    let asked = 0;
    const http: Http = {
      get: () => Promise.resolve({ status: 200, headers: {}, text: JSON.stringify(queueView().body) }),
      send: () => {
        asked += 1;
        nowMs += 4000;
        return Promise.resolve({ status: 503, headers: {}, text: '{}' });
      },
    };
    expect([await queueControl(http, 'chat'), asked]).toEqual([null, 2]);
  });

  it('counts the requests that run and those that wait', async () => {
    const views = [queueView(), queueView({ running: [{}, {}], waiting: [{}] })];
    const server = await serveRoutes({
      'GET /v1/queue': () => views.shift() ?? queueView(),
      'PATCH /v1/queue': queueView(),
    });
    const queue = await control(server);
    expect(await queue.busy()).toBe(3);
    expect(await queue.busy()).toBe(0);
  });

  it.each<[string, RouteAnswer]>([
    ['is not there', { status: '404 Not Found' }],
    ['wants a key', { status: '401 Unauthorized', body: {} }],
    ["is another server's", { body: { queue_running: [], queue_pending: [] } }],
  ])('is null if the queue %s', async (_name, answer) => {
    const server = await serveRoutes({ 'GET /v1/queue': answer, 'PATCH /v1/queue': queueView() });
    expect(await queueControl(httpOf(server.url, {}), 'chat')).toBeNull();
    expect(told(server)).toEqual([]);
  });

  it.each(['401 Unauthorized', '403 Forbidden', '404 Not Found', '405 Method Not Allowed'])(
    'is null if it can be seen but not changed (%s)',
    async (status) => {
      const server = await serveRoutes({ 'GET /v1/queue': queueView(), 'PATCH /v1/queue': { status } });
      expect(await queueControl(httpOf(server.url, {}), 'chat')).toBeNull();
    },
  );

  it("passes the server's own words on if it refuses later", async () => {
    const answers: RouteAnswer[] = [
      queueView(),
      { status: '400 Bad Request', body: { error: { message: 'There are only 8 slots.' } } },
      { status: '502 Bad Gateway', body: '<html>' },
    ];
    const server = await serveRoutes({
      'GET /v1/queue': queueView(),
      'PATCH /v1/queue': () => answers.shift() ?? queueView(),
    });
    const queue = await control(server);
    await expect(queue.setMaxConcurrency(9)).rejects.toMatchObject({
      code: 'target_unreachable',
      message: "The server's max-concurrency cannot be set to 9: There are only 8 slots.",
    });
    await expect(queue.setMaxConcurrency(2)).rejects.toMatchObject({
      code: 'target_unreachable',
      message: expect.stringContaining('HTTP 502') as string,
    });
    // A refusal such as the second one may follow a change.
    await queue.restore();
    expect(told(server).slice(3)).toEqual([end]);
  });
});
