import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { items, member } from '../../../src/core/base/json.js';
import type { MockEngineOptions } from '../../../src/core/engine/options.js';
import { parseUpstreams } from '../../../src/core/executor/upstream/upstream-options.js';
import { usualTimes } from '../../../src/core/executor/upstream/upstream-times.js';
import { serve } from '../../../src/core/serve/serve.js';
import { serveUpstreams } from '../../../src/core/serve/serve-upstreams.js';
import type { ServerOptions } from '../../../src/core/server/http/context.js';
import { serverDefaults } from '../../support/app.js';
import { llamaOptions } from '../../support/llama-options.js';
import { RawClient } from '../../support/raw-client.js';
import { until } from '../../support/until.js';
import { type UpstreamManner, UpstreamServer } from '../../support/upstream-server.js';

const queue = {
  ...{ maxQueue: 64, queueTimeoutMs: 0, maxQueuedTokens: null, ttftTargetMs: null },
  ...{ policy: 'fifo' as const, classPatienceMs: 60_000, preemptAfterMs: null },
};

const logger = pino({ level: 'silent' });

let port: number;

beforeEach(async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A server that listens on a port has an address of this form.
  ({ port } = server.address() as AddressInfo);
  server.close();
  await once(server, 'close');
});

/** @returns the status of the answer */
async function post(model: string): Promise<number> {
  const { status } = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Count.' }], max_tokens: 1_000_000 }),
  });
  return status;
}

/** Null while the server does not listen. */
async function get(path: string): Promise<unknown> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => null);
  return answer?.json() ?? null;
}

async function untilQueued(list: 'running' | 'waiting'): Promise<void> {
  await until(async () => items(member(await get('/v1/queue'), list)).length === 1, `a request among the ${list}`);
}

/**
 * A server that has not started yet: one of its upstreams, which behaves as told, is ready, and the other one does not say how it
 * is.
 */
async function startWithSlowUpstream(
  manner: UpstreamManner,
  server: Partial<ServerOptions> = {},
): Promise<{ readonly quick: UpstreamServer; readonly start: Promise<unknown>; readonly stopping: AbortController }> {
  const quick = await UpstreamServer.start({ manner });
  const slow = await UpstreamServer.start();
  slow.isProbed = false;
  onTestFinished(async () => {
    await Promise.all([quick.stop(), slow.stop()]);
  });
  const stopping = new AbortController();
  const start = serveUpstreams(
    {
      upstreams: parseUpstreams([`${quick.url},slots=1`, `${slow.url},slots=1`], {}),
      ...{ queue, maxConcurrency: null, access: null, version: '1.2.3' },
      server: { ...serverDefaults, port, ...server },
      times: { ...usualTimes, probeTimeoutMs: 60_000 },
    },
    logger,
    stopping.signal,
  );
  start.catch(() => undefined);
  await until(
    async () => items(member(await get('/v1/upstreams'), 'data')).some((each) => member(each, 'status') === 'ready'),
    'the upstream that answers',
  );
  return { quick, start, stopping };
}

it('ends requests that run and wait when its start is stopped while an upstream is asked how it is', async () => {
  const { quick, start, stopping } = await startWithSlowUpstream({ type: 'silence' });
  const running = post('model');
  await until(() => quick.inFlight === 1, 'the request at the upstream');
  const waiting = post('model');
  await untilQueued('waiting');
  stopping.abort(new Error('stopped'));
  await expect(start).rejects.toThrow('stopped');
  expect(await Promise.all([running, waiting])).toEqual([503, 503]);
});

it('does not wait for clients that read nothing when its start is stopped', async () => {
  // More than the buffers of two sockets.
  const answer = { type: 'answer', tokens: 200_000, tokenMs: 0 } as const;
  const { start, stopping } = await startWithSlowUpstream(answer, { writeTimeoutMs: 0 });
  const client = new RawClient(`http://127.0.0.1:${port}`).pause();
  client.post('/v1/chat/completions', { model: 'model', messages: [], stream: true });
  let told = 0;
  await until(async () => {
    const before = told;
    told = Number(member(await get('/v1/queue'), 'output_tokens'));
    return told > 0 && told === before;
  }, 'an answer that is not read');
  stopping.abort(new Error('stopped'));
  await expect(start).rejects.toThrow('stopped');
  client.resume();
  await client.closed;
});

it('ends requests that run and wait when its start is stopped while one of several models is loaded', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'chatstream-stopped-starts-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  // A file that never comes.
  const pipe = join(folder, 'code.gguf');
  execFileSync('mkfifo', [pipe]);
  const chat: MockEngineOptions = {
    ...{ engine: 'mock', slots: 1, context: 2_000_000, prefillMs: 1, tokenMs: 5, reply: 'long' },
  };
  const size = { fileBytes: 0, forecastBytes: 0 };
  const models = [
    { name: 'chat', engine: chat, ...size },
    { name: 'code', engine: llamaOptions(pipe, { slots: 1 }), ...size },
  ];
  const stopping = new AbortController();
  const start = serve(
    {
      ...{ engine: chat, replication: null, queue: { ...queue, maxConcurrency: 1 }, access: null, version: '1.2.3' },
      models: { models, maxLoaded: 2, idleUnloadMs: 0, memoryBytes: Infinity },
      server: { ...serverDefaults, port },
    },
    logger,
    stopping.signal,
  );
  start.catch(() => undefined);
  const lines = async (): Promise<readonly unknown[]> => items(member(await get('/v1/queue'), 'models'));
  await until(async () => member((await lines())[0], 'state') === 'loaded', 'the first model');
  const running = post('chat');
  await untilQueued('running');
  const waiting = post('chat');
  await untilQueued('waiting');
  const early = post('code');
  await until(async () => member((await lines())[1], 'preparing') === 1, 'a request for the other model');
  stopping.abort(new Error('stopped'));
  await expect(start).rejects.toThrow('stopped');
  expect(await Promise.all([running, waiting, early])).toEqual([503, 503, 503]);
});
