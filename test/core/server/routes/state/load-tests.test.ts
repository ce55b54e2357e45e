import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { digestOf, type KeySettings, noRates } from '../../../../../src/core/config/key-settings.js';
import { usualTerms } from '../../../../../src/core/scheduler/jobs/demand.js';
import type { LoadEnd, LoadFigures, LoadOrder } from '../../../../../src/core/server/console/load-tests.js';
import { chat, type TestApp, testApp, type TestAppOptions } from '../../../../support/app.js';
import { linesApp } from '../../../../support/lines-app.js';
import { openStream } from '../../../../support/stream-client.js';
import { until } from '../../../../support/until.js';

const path = '/v1/load-test';
const plan = { clients: 4, duration_s: 10, output_tokens: 32 };
const report = '<!doctype html><style>p { color: red }</style><p>Report</p><script>console.log(1)</script>';

const figures: LoadFigures = {
  ...{ phase: 'measuring', elapsedMs: 2000, plannedMs: 11_000, completed: 7, inFlight: 4, failed: 1 },
  ...{ outputTokensPerSecond: 99.5, ttftP50Ms: 20, ttftP95Ms: null },
};

/** A load test whose process is played by the test. */
interface Played {
  readonly order: LoadOrder;
  readonly calls: string[];
  readonly end: (end: LoadEnd) => void;
}

interface Server extends TestApp {
  readonly played: () => Played;
  readonly drains: () => number;
}

/** A server that listens: only then it has an address for load tests. */
async function server(options: TestAppOptions = {}): Promise<Server> {
  let last: Played | undefined;
  let drains = 0;
  const made = await testApp({
    ...options,
    server: { consolePath: '/nowhere', ...options.server },
    host: {
      drain: () => (drains += 1),
      startLoad: (order) => {
        const calls: string[] = [];
        const ended = new Promise<LoadEnd>((end) => {
          last = { order, calls, end };
        });
        const { end } = last ?? { end: () => undefined };
        const kill = (): void => {
          calls.push('kill');
          end({ problem: null, report: null });
        };
        return { ended, stop: () => calls.push('stop'), kill };
      },
    },
  });
  await made.app.listen({ host: '127.0.0.1', port: 0 });
  const played = (): Played => {
    if (last === undefined) throw new Error('No load test was started.');
    return last;
  };
  return { ...made, played, drains: () => drains };
}

async function ended({ get }: Server): Promise<Record<string, unknown>> {
  let state: Record<string, unknown> = {};
  await until(async () => {
    state = (await get(path)).json();
    return 'report' in state;
  }, 'the end of the load test');
  return state;
}

describe('a load test', () => {
  it('is started with what was asked for, tells how far it is, and offers its report', async () => {
    const made = await server();
    expect((await made.get(path)).json()).toEqual({ object: 'load_test', status: 'none' });
    const answer = await made.ask(path, plan);
    expect([answer.statusCode, answer.json()]).toMatchObject([202, { ...plan, status: 'running', figures: null }]);
    const { order, end } = made.played();
    expect(order).toMatchObject({ clients: 4, durationSeconds: 10, outputTokens: 32 });
    expect(order.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);

    order.onFigures(figures);
    expect((await made.get(path)).json()).toMatchObject({
      status: 'running',
      figures: { phase: 'measuring', completed: 7, in_flight: 4, failed: 1, ttft_ms: { p50: 20, p95: null } },
    });
    end({ problem: null, report });
    expect(await ended(made)).toMatchObject({ status: 'completed', problem: null, figures: { completed: 7 } });
  });

  it('runs alone', async () => {
    const made = await server();
    await made.ask(path, plan);
    const again = await made.ask(path, plan);
    expect([again.statusCode, again.body]).toMatchObject([400, expect.stringContaining('is running already')]);
    made.played().end({ problem: 'No.', report: null });
    expect(await ended(made)).toMatchObject({ status: 'failed', problem: 'No.', report: null });
    expect((await made.ask(path, plan)).statusCode).toBe(202);
  });

  it.each([
    { ...plan, clients: 65 },
    { ...plan, duration_s: 121 },
    { ...plan, output_tokens: 0 },
    { ...plan, url: 'http://other' },
    { clients: 1 },
  ])('is bounded: %j is refused', async (body) => {
    const made = await server();
    expect((await made.ask(path, body)).statusCode).toBe(400);
  });

  it('asks one of several models, which must be there', async () => {
    const orders: LoadOrder[] = [];
    const { app, send } = await linesApp({
      models: ['chat', 'code'],
      host: {
        drain: () => undefined,
        startLoad: (order) => {
          orders.push(order);
          return {
            ended: Promise.resolve({ problem: null, report: null }),
            stop: () => undefined,
            kill: () => undefined,
          };
        },
      },
    });
    await app.listen({ host: '127.0.0.1', port: 0 });
    const unknown = await send('POST', path, { ...plan, model: 'poem' });
    expect([unknown.statusCode, unknown.body]).toMatchObject([404, expect.stringContaining('is not served here')]);
    const started = await send('POST', path, { ...plan, model: 'code' });
    expect([started.statusCode, started.json()]).toMatchObject([202, { model: 'code' }]);
    expect(orders).toMatchObject([{ model: 'code' }]);
    const single = await (await server()).ask(path, { ...plan, model: 'code' });
    expect([single.statusCode, single.body]).toMatchObject([400, expect.stringContaining('no queue for each model')]);
  });

  it('can be stopped, and has a report of what was measured by then', async () => {
    const made = await server();
    await made.ask(path, plan);
    const stopping = await made.app.inject({ method: 'DELETE', url: path });
    expect(stopping.json()).toMatchObject({ status: 'stopping' });
    expect(made.played().calls).toEqual(['stop']);
    made.played().end({ problem: 'Stopped.', report });
    expect(await ended(made)).toMatchObject({ status: 'stopped', problem: null, report: expect.any(String) as string });
  });

  it('is ended with the server', async () => {
    const made = await server();
    await made.ask(path, plan);
    await made.close();
    expect(made.played().calls).toEqual(['stop', 'kill']);
  });

  it('has a name of its own in the queue, also where no key is needed', async () => {
    const made = await server({ engine: { reply: 'long' } });
    await made.ask(path, plan);
    const client = await openStream(made.app, chat('hi', { max_tokens: 1000 }), {
      authorization: `Bearer ${made.played().order.apiKey}`,
    });
    await until(() => made.inference.running === 1, 'its request');
    expect((await made.get('/v1/queue')).json()).toMatchObject({ running: [{ key: 'load test' }] });
    client.leave();
  });

  it('has a key of its own, which may generate and nothing else, and is good for no longer than the test', async () => {
    const made = await server({ server: { apiKeys: ['secret'] } });
    await made.ask(path, plan, { authorization: 'Bearer secret' });
    const own = { authorization: `Bearer ${made.played().order.apiKey}` };
    expect((await made.get('/v1/models', own)).statusCode).toBe(200);
    for (const url of [path, '/metrics']) expect((await made.get(url, own)).statusCode, url).toBe(403);
    made.played().end({ problem: null, report: null });
    await until(async () => (await made.get('/v1/models', own)).statusCode === 401, 'the end of the key');
  });
});

describe('the report of a load test', () => {
  async function measured(): Promise<{ readonly made: Server; readonly url: string }> {
    const made = await server({ server: { apiKeys: ['secret'] } });
    const key = { authorization: 'Bearer secret' };
    await made.ask(path, plan, key);
    made.played().end({ problem: null, report });
    const withKey = { ...made, get: (url: string) => made.get(url, key) };
    return { made, url: String((await ended(withKey))['report']) };
  }

  it('is a page that needs no key and has a path that cannot be guessed', async () => {
    const { made, url } = await measured();
    expect(url).toMatch(/^\/v1\/load-test\/reports\/[\w-]{32}$/);
    const page = await made.get(url);
    expect([page.statusCode, page.body]).toEqual([200, report]);
    expect((await made.get(`${path}/reports/another`)).statusCode).toBe(404);
  });

  it('runs its own script and no other, without an origin, and only the console may embed it', async () => {
    const { made, url } = await measured();
    const policy = String((await made.get(url)).headers['content-security-policy']).split('; ');
    const digest = createHash('sha256').update('console.log(1)').digest('base64');
    expect(policy).toContain(`script-src 'sha256-${digest}'`);
    expect(policy).toContain('sandbox allow-scripts allow-downloads');
    expect(policy).toContain("frame-ancestors 'self'");
  });
});

describe('who may put the server under load, and end it', () => {
  const key = (name: string, role: KeySettings['role']): KeySettings => ({
    ...{ name, role, digest: digestOf(name) },
    ...{ trafficClass: 'standard', terms: usualTerms, rates: noRates },
  });
  const keys = [key('anna', 'user'), key('olga', 'observer'), key('boss', 'admin')];

  it.each([
    ['anna', 403],
    ['olga', 403],
    ['boss', 202],
  ])('with the key of %s: %d', async (name, status) => {
    const made = await server({ keys });
    const headers = { authorization: `Bearer ${name}` };
    expect((await made.ask(path, plan, headers)).statusCode).toBe(status);
    expect((await made.ask('/v1/queue/drain', {}, headers)).statusCode).toBe(status);
  });

  it.each([
    ['192.0.2.1', 403],
    ['::ffff:192.0.2.1', 403],
    ['127.0.0.1', 202],
    ['::1', 202],
    ['::ffff:127.0.0.1', 202],
  ])('without keys, from %s: %d', async (remoteAddress, status) => {
    const made = await server();
    for (const [url, payload] of [[path, plan] as const, ['/v1/queue/drain', {}] as const]) {
      expect((await made.app.inject({ method: 'POST', url, payload, remoteAddress })).statusCode).toBe(status);
    }
  });
});

describe('without keys, the server must be asked for by a plain address', () => {
  it.each([
    ['localhost:8000', 202],
    ['127.0.0.1:8000', 202],
    ['[::1]:8000', 202],
    ['chat.example.org', 403],
    ['localhost.example.org:8000', 403],
  ])('%s: %d', async (host, status) => {
    const made = await server();
    const headers = { 'content-type': 'application/json', host };
    expect((await made.ask('/v1/queue/drain', {}, headers)).statusCode).toBe(status);
  });
});

describe('POST /v1/queue/drain', () => {
  it('ends the process as a signal does', async () => {
    const made = await server();
    const answer = await made.ask('/v1/queue/drain', {});
    expect([answer.statusCode, answer.json()]).toMatchObject([202, { draining: true, running: [] }]);
    expect(made.drains()).toBe(1);
  });

  it('cannot be sent by the page of another: without a body of JSON it is refused', async () => {
    const made = await server();
    for (const headers of [{}, { 'content-type': 'text/plain' }]) {
      const { statusCode } = await made.app.inject({ method: 'POST', url: '/v1/queue/drain', headers });
      expect(statusCode).toBeGreaterThanOrEqual(400);
    }
    expect(made.drains()).toBe(0);
  });

  it('does nothing more to a server that drains', async () => {
    const made = await server();
    await made.inference.drain();
    expect((await made.ask('/v1/queue/drain', {})).statusCode).toBe(202);
    expect(made.drains()).toBe(0);
  });

  it("is not there where the process is not the server's own", async () => {
    const made = await testApp();
    expect((await made.ask('/v1/queue/drain', {})).statusCode).toBe(404);
    expect((await made.get(path)).statusCode).toBe(404);
  });
});
