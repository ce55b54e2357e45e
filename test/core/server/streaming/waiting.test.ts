import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { createMockEngine } from '../../../../src/core/engine/mock/mock-engine.js';
import type { MockEngineOptions } from '../../../../src/core/engine/options.js';
import { chat, type TestApp, testApp, type TestAppOptions, until } from '../../../support/app.js';
import { inProcess } from '../../../support/in-process.js';
import { openStream, type StreamClient } from '../../../support/stream-client.js';
import { parseStream } from '../../../support/stream-parts.js';

const slow: MockEngineOptions = {
  engine: 'mock',
  slots: 4,
  context: 'auto',
  prefillMs: 1000,
  tokenMs: 1000,
  reply: 'long',
};

interface Line extends TestApp {
  /** The responses in the order of their requests. */
  readonly responses: readonly ServerResponse[];
  /** Joins the queue; resolves when the request waits in it. */
  readonly enter: (more?: object) => Promise<StreamClient>;
}

/** One slot, taken by a request that lasts `busySeconds` from time 0 on, and a queue behind it. */
async function lineBehind(busySeconds: number, options: TestAppOptions = {}): Promise<Line> {
  const made = await testApp({ engine: slow, ...options, queue: { maxConcurrency: 1, ...options.queue } });
  const responses: ServerResponse[] = [];
  made.app.server.on('request', (_request, response: ServerResponse) => {
    responses.push(response);
  });
  const { app, inference } = made;
  await openStream(app, chat('first', { max_tokens: busySeconds }));
  await until(() => inference.running === 1);
  const enter = async (more: object = {}): Promise<StreamClient> => {
    const before = inference.waiting;
    const client = await openStream(app, chat('next', { max_tokens: 1, ...more }));
    await until(() => inference.waiting === before + 1);
    return client;
  };
  return { ...made, responses, enter };
}

const withQueue = { stream_options: { include_queue: true } };

function comments(client: StreamClient): string[] {
  return parseStream(client.body).flatMap((part) => (part.type === 'comment' ? [part.text] : []));
}

describe('a stream that waits in the queue', () => {
  it('is sent nothing for the first ten seconds', async () => {
    const { clock, responses, enter } = await lineBehind(60);
    const client = await enter();
    await clock.advanceAsync(9999);
    expect(responses.map(({ headersSent }) => headersSent)).toEqual([true, false]);
    expect(client.body).toBe('');
  });

  it('begins with its place after ten seconds', async () => {
    const { clock, enter } = await lineBehind(60);
    const client = await enter();
    await clock.advanceAsync(10_000);
    await client.arrived('queued');
    expect(client.status).toBe(200);
    expect(client.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    expect(client.body).toBe(': queued position=1\n\n');
  });

  it('is sent its place every ten seconds from then on', async () => {
    const { clock, enter } = await lineBehind(60);
    const client = await enter();
    await clock.advanceAsync(49_999);
    await until(() => comments(client).length >= 4);
    expect(comments(client)).toHaveLength(4);
    await clock.advanceAsync(1);
    await until(() => comments(client).length >= 5);
    expect(comments(client)).toEqual(Array.from({ length: 5 }, () => 'queued position=1'));
  });

  it('goes on with its text when its turn comes', async () => {
    const { flyUntil, enter } = await lineBehind(29);
    const client = await enter();
    const parts = parseStream(await flyUntil(client.finished()));
    expect(parts.map(({ type }) => type)).toEqual(['comment', 'comment', 'data', 'data', 'data', 'done']);
    expect(parts.at(-2)).toMatchObject({ data: { timings: { queue_ms: 29_000 } } });
  });

  it('is sent nothing about the queue when its turn comes within ten seconds', async () => {
    const { flyUntil, enter } = await lineBehind(9);
    const client = await enter();
    const body = await flyUntil(client.finished());
    expect(body).not.toContain('queued');
    expect(client.status).toBe(200);
  });

  it('is sent nothing more about the queue while its generation is slow', async () => {
    const { flyUntil, enter } = await lineBehind(1, { engine: { ...slow, prefillMs: 25_000 } });
    const client = await enter();
    await flyUntil(client.finished());
    expect(comments(client)).toEqual([
      'queued position=1',
      'queued position=1',
      'prefill elapsed_ms=10000',
      'prefill elapsed_ms=20000',
    ]);
  });

  it('is sent every change of its place', async () => {
    const { clock, enter } = await lineBehind(20);
    await enter();
    await enter({ max_tokens: 100 });
    const client = await enter();
    await clock.advanceAsync(20_000);
    await until(() => comments(client).length >= 3);
    await clock.advanceAsync(1000);
    await until(() => comments(client).length >= 4);
    expect(comments(client).map((text) => text.replace(/ eta.*/, ''))).toEqual([
      'queued position=3',
      'queued position=3',
      'queued position=2',
      'queued position=1',
    ]);
  });

  it('is sent an estimate from measured generations', async () => {
    const { clock, enter } = await lineBehind(8);
    await enter({ max_tokens: 100 });
    await enter();
    const client = await enter();
    await clock.advanceAsync(8000);
    await clock.advanceAsync(2000);
    await client.arrived('queued');
    // An answer was cut off after 8 tokens, in as many seconds. The one that runs may have 100, of which 2 are there.
    expect(comments(client)).toEqual([expect.stringMatching(/^queued position=2 eta_ms=3[2-4]\d{3}$/)]);
  });
});

describe('a stream that asked for its place in the queue', () => {
  it('is sent it at once', async () => {
    const { enter } = await lineBehind(60);
    const client = await enter(withQueue);
    await client.arrived('queued');
    expect(client.body).toBe(': queued position=1\n\n');
  });

  it('is sent every change at once', async () => {
    const { enter } = await lineBehind(60);
    const gone = await enter();
    const client = await enter(withQueue);
    await client.arrived('position=2');
    gone.leave();
    await client.arrived('position=1');
    expect(comments(client)).toEqual(['queued position=2', 'queued position=1']);
  });

  it('is sent nothing more often than every ten seconds when nothing changes', async () => {
    const { clock, enter } = await lineBehind(60);
    const client = await enter(withQueue);
    await clock.advanceAsync(40_000);
    await until(() => comments(client).length >= 5);
    expect(comments(client)).toHaveLength(5);
  });

  it('is sent no place when it does not wait', async () => {
    const { app, flyUntil } = await testApp();
    const client = await openStream(app, chat('hi', withQueue));
    expect(await flyUntil(client.finished())).not.toContain('queued');
  });

  it('is still refused with a status when the queue is full', async () => {
    const { app, responses } = await lineBehind(60, { queue: { maxQueue: 0 } });
    const client = await openStream(app, chat('next', withQueue));
    await client.finished();
    expect(client.status).toBe(429);
    expect(responses).toHaveLength(2);
  });
});

describe('a stream that waits in vain', () => {
  it('has a status when the queue is full', async () => {
    const { app, enter } = await lineBehind(60, { queue: { maxQueue: 1 } });
    await enter();
    const client = await openStream(app, chat('one too many'));
    const body: unknown = JSON.parse(await client.finished());
    expect(client.status).toBe(429);
    expect(client.headers['retry-after']).toBe('1');
    expect(body).toMatchObject({ error: { type: 'rate_limit_error', code: 'queue_full' } });
  });

  it('has a status when it waited too long and nothing was sent yet', async () => {
    const { flyUntil, enter } = await lineBehind(60, { queue: { queueTimeoutMs: 9000 } });
    const client = await enter();
    const body: unknown = JSON.parse(await flyUntil(client.finished()));
    expect(client.status).toBe(503);
    // Nothing has ended in the nine seconds so far.
    expect(client.headers['retry-after']).toBe('9');
    expect(body).toMatchObject({ error: { type: 'service_unavailable_error', code: 'queue_timeout' } });
  });

  it('ends with an event and the end mark when its place was sent', async () => {
    const { flyUntil, enter } = await lineBehind(60, { queue: { queueTimeoutMs: 15_000 } });
    const client = await enter();
    const parts = parseStream(await flyUntil(client.finished()));
    expect(client.status).toBe(200);
    expect(client.state).toBe('ended');
    expect(parts).toEqual([
      { type: 'comment', text: 'queued position=1' },
      {
        type: 'data',
        data: {
          error: {
            message: 'The request waited 15 s, longer than the queue allows. Try again in 15 s.',
            type: 'service_unavailable_error',
            param: null,
            code: 'queue_timeout',
          },
        },
      },
      { type: 'done' },
    ]);
  });

  it('has a status when the server drains', async () => {
    const { enter, inference } = await lineBehind(60);
    const client = await enter();
    void inference.drain();
    const body: unknown = JSON.parse(await client.finished());
    expect(client.status).toBe(503);
    expect(client.headers['retry-after']).toBe('1');
    expect(body).toMatchObject({ error: { code: 'draining' } });
  });

  it('ends with an event when the server drains and its place was sent', async () => {
    const { enter, inference } = await lineBehind(60);
    const client = await enter(withQueue);
    await client.arrived('queued');
    void inference.drain();
    const parts = parseStream(await client.finished());
    expect(parts.at(-2)).toMatchObject({ data: { error: { code: 'draining' } } });
    expect(parts.at(-1)).toEqual({ type: 'done' });
  });
});

describe('a stream whose prompt takes a long time to prepare', () => {
  function reluctant(prepareMs: number): TestAppOptions & { readonly asked: () => number } {
    let asked = 0;
    return {
      asked: () => asked,
      makeEngine: (clock) => {
        const engine = inProcess(createMockEngine(slow, clock));
        const prepare = engine.prepare.bind(engine);
        engine.prepare = async (source) => {
          asked += 1;
          if (asked > 1) {
            await new Promise<void>((resolve) => {
              clock.schedule(prepareMs, resolve);
            });
          }
          return prepare(source);
        };
        return engine;
      },
    };
  }

  it('is sent its place as soon as it has one, after ten seconds', async () => {
    const options = reluctant(12_000);
    const { app, clock, inference } = await lineBehind(60, options);
    const client = await openStream(app, chat('next', { max_tokens: 1 }));
    await until(() => options.asked() === 2);
    await clock.advanceAsync(12_000);
    expect(inference.waiting).toBe(1);
    await client.arrived('queued');
    await clock.advanceAsync(10_000);
    await until(() => comments(client).length >= 2);
    expect(comments(client)).toEqual(['queued position=1', 'queued position=1']);
  });
});
