import type { LightMyRequestResponse } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chat, createTestApp, type TestApp, testApp, type TestAppOptions, until } from '../../../../support/app.js';

const long = { max_tokens: 4000 };

/** A server with running and waiting requests. */
async function busy(running: number, waiting: number, options: TestAppOptions = {}): Promise<TestApp> {
  const made = await testApp({
    engine: { reply: 'long' },
    ...options,
    queue: { maxConcurrency: running, ...options.queue },
  });
  for (let count = 1; count <= running; count += 1) await join(made, () => made.inference.running === count);
  for (let count = 1; count <= waiting; count += 1) await join(made, () => made.inference.waiting === count);
  return made;
}

async function join({ ask }: TestApp, joined: () => boolean): Promise<void> {
  void ask('/v1/chat/completions', chat('hi', long));
  await until(joined);
}

function patch({ app }: TestApp, payload: object): Promise<LightMyRequestResponse> {
  return app.inject({ method: 'PATCH', url: '/v1/queue', payload });
}

describe('GET /v1/queue', () => {
  it('is empty at first', async () => {
    const { get } = await testApp({ queue: { maxConcurrency: 3, maxQueue: 5 } });
    const answer = await get('/v1/queue');
    expect(answer.json<unknown>()).toEqual({
      max_concurrency: 3,
      max_queue: 5,
      slots: 4,
      draining: false,
      may_turn: true,
      preparing: 0,
      running_count: 0,
      waiting_count: 0,
      executors: [{ name: 'local', kind: 'mock', status: 'ready', places: 4, running: 0 }],
      running: [],
      waiting: [],
      totals: { completed: 0, cancelled: 0, refused: 0, timed_out: 0, failed: 0 },
      tokens: { prompt: 0, cached: 0, output: 0 },
      output_tokens: 0,
    });
  });

  it('shows running and waiting requests', async () => {
    const { get, clock } = await busy(1, 2);
    await clock.advanceAsync(55);
    const answer = await get('/v1/queue');
    const id = expect.stringMatching(/^chatcmpl-/) as string;
    expect(answer.json<unknown>()).toMatchObject({
      running: [{ id, slot: 0, prompt_tokens: 21, cached_tokens: 0, output_tokens: 4, cost: 29, running_ms: 55 }],
      waiting: [
        { id, position: 1, prompt_tokens: 21, cost: 0, waited_ms: 55, eta_ms: null },
        { id, position: 2, waited_ms: 55, eta_ms: null },
      ],
      tokens: { output: 0 },
      output_tokens: 4,
    });
  });

  it('has exactly the documented fields', async () => {
    const { get } = await busy(1, 1);
    const queue = (await get('/v1/queue')).json<{ running: object[]; waiting: object[] }>();
    expect(queue.running.map((entry) => Object.keys(entry))).toEqual([
      ['id', 'key', 'class', 'slot', 'prompt_tokens', 'cached_tokens', 'output_tokens', 'cost', 'running_ms'],
    ]);
    expect(queue.waiting.map((entry) => Object.keys(entry))).toEqual([
      ['id', 'key', 'class', 'waits_for', 'position', 'prompt_tokens', 'cost', 'waited_ms', 'eta_ms'],
    ]);
  });

  it('has no slot before the engine has chosen one', async () => {
    const { get } = await busy(1, 0);
    expect((await get('/v1/queue')).json<unknown>()).toMatchObject({ running: [{ slot: null, output_tokens: 0 }] });
  });

  it('estimates the wait from what was measured', async () => {
    const { get, post, ask, clock, inference } = await testApp({ queue: { maxConcurrency: 1 } });
    await post('/v1/chat/completions', chat('hi', { max_tokens: 4 }));
    void ask('/v1/chat/completions', chat('hi'));
    await until(() => inference.running === 1);
    void ask('/v1/chat/completions', chat('hi'));
    await until(() => inference.waiting === 1);
    await clock.advanceAsync(10);
    // The first was cut off after 4 tokens. The second may have 4 times as many, which take 180 ms with its prompt.
    expect((await get('/v1/queue')).json<unknown>()).toMatchObject({ waiting: [{ position: 1, eta_ms: 170 }] });
  });

  it('shows a drain', async () => {
    const { get, inference } = await busy(1, 2);
    void inference.drain();
    expect((await get('/v1/queue')).json<unknown>()).toMatchObject({
      draining: true,
      running: [{}],
      waiting: [],
      totals: { refused: 2 },
    });
  });

  it('counts how requests ended', async () => {
    const { get, post, ask, inference } = await testApp({ queue: { maxConcurrency: 1, maxQueue: 0 } });
    await post('/v1/chat/completions', chat('hi'));
    void ask('/v1/chat/completions', chat('hi'));
    await until(() => inference.running === 1);
    await ask('/v1/chat/completions', chat('hi'));
    expect((await get('/v1/queue')).json<unknown>()).toMatchObject({
      totals: { completed: 1, cancelled: 0, refused: 1, timed_out: 0, failed: 0 },
    });
  });
});

describe('PATCH /v1/queue', () => {
  let shared: TestApp;

  beforeAll(async () => {
    shared = await createTestApp();
  });

  afterAll(() => shared.close());

  it('takes effect at once, and answers with the queue as it is then', async () => {
    const made = await busy(1, 3);
    const answer = await patch(made, { max_concurrency: 3, max_queue: 7 });
    expect(answer.statusCode).toBe(200);
    expect(answer.json<unknown>()).toMatchObject({
      max_concurrency: 3,
      max_queue: 7,
      running: [{}, {}, {}],
      waiting: [{ position: 1 }],
    });
  });

  it('changes one limit and leaves the other', async () => {
    const made = await testApp({ queue: { maxConcurrency: 2, maxQueue: 5 } });
    await patch(made, { max_queue: 9 });
    expect((await patch(made, { max_concurrency: 1 })).json<unknown>()).toMatchObject({
      max_concurrency: 1,
      max_queue: 9,
    });
  });

  it('interrupts no running generation', async () => {
    const made = await busy(3, 0);
    expect((await patch(made, { max_concurrency: 1 })).json<unknown>()).toMatchObject({
      max_concurrency: 1,
      running: [{}, {}, {}],
    });
  });

  it('removes no waiting request', async () => {
    const made = await busy(1, 3);
    expect((await patch(made, { max_queue: 0 })).json<unknown>()).toMatchObject({ waiting: [{}, {}, {}] });
  });

  it.each([
    ['max_concurrency', { max_concurrency: 0 }],
    ['max_concurrency', { max_concurrency: 1.5 }],
    ['max_concurrency', { max_concurrency: '2' }],
    ['max_concurrency', { max_concurrency: null }],
    ['max_concurrency', { max_concurrency: 5 }],
    ['max_queue', { max_queue: -1 }],
    ['max_queue', { max_queue: 1_000_001 }],
    ['max_queue', { max_queue: 'x' }],
    ['queue_timeout', { queue_timeout: 5 }],
    [null, {}],
  ])('names %s when it is asked for %j', async (param, body) => {
    const answer = await patch(shared, body);
    expect(answer.statusCode).toBe(400);
    expect(answer.json<unknown>()).toMatchObject({ error: { code: 'invalid_request', param } });
  });

  it('names the number of slots when more is requested', async () => {
    const made = await testApp({ engine: { slots: 6 } });
    expect((await patch(made, { max_concurrency: 7, max_queue: 1 })).json<unknown>()).toMatchObject({
      error: {
        message:
          'max_concurrency can be at most 6, the number of slots. Start the server with more --slots to allow more.',
      },
    });
    expect((await made.get('/v1/queue')).json<unknown>()).toMatchObject({ max_concurrency: 4, max_queue: 64 });
  });

  it('is logged', async () => {
    const made = await testApp();
    await patch(made, { max_concurrency: 2 });
    expect(made.log).toContainEqual(
      expect.objectContaining({ level: 'info', msg: 'queue limits changed', max_concurrency: 2 }),
    );
  });

  it('is logged with whose change it was, and under the id of its response', async () => {
    const { app, log } = await testApp({ server: { apiKeys: ['secret'] } });
    const headers = { authorization: 'Bearer secret', 'x-request-id': 'mine' };
    await app.inject({ method: 'PATCH', url: '/v1/queue', headers, payload: { max_concurrency: 2 } });
    const [entry] = log.filter(({ msg }) => msg === 'queue limits changed');
    expect(entry).toMatchObject({ key: 'api-key-1', request_id: 'mine' });
    expect(entry).not.toHaveProperty('reqId');
  });

  it('is logged with the reason if it is refused', async () => {
    const made = await testApp({ engine: { slots: 6 } });
    await patch(made, { max_concurrency: 7 });
    expect(made.log).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        msg: 'queue limits refused',
        max_concurrency: 7,
        reason: expect.stringContaining('max_concurrency can be at most 6') as unknown,
      }),
    );
  });
});
