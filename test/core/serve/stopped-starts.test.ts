import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { items, member } from '../../../src/core/base/json.js';
import { parseUpstreams } from '../../../src/core/executor/upstream/upstream-options.js';
import { usualTimes } from '../../../src/core/executor/upstream/upstream-times.js';
import { serveUpstreams } from '../../../src/core/serve/serve-upstreams.js';
import { serverDefaults } from '../../support/app.js';
import { UpstreamServer } from '../../support/upstream-server.js';

const queue = {
  ...{ maxQueue: 64, queueTimeoutMs: 0, maxQueuedTokens: null, ttftTargetMs: null },
  ...{ policy: 'fifo' as const, classPatienceMs: 60_000, preemptAfterMs: null },
};

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A server that listens on a port has an address of this form.
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

it('ends requests that run and wait when its start is stopped while an upstream is asked how it is', async () => {
  const quick = await UpstreamServer.start({ manner: { type: 'silence' } });
  const slow = await UpstreamServer.start();
  slow.isProbed = false;
  onTestFinished(async () => {
    await Promise.all([quick.stop(), slow.stop()]);
  });
  const port = await freePort();
  const stopping = new AbortController();
  const start = serveUpstreams(
    {
      upstreams: parseUpstreams([`${quick.url},slots=1`, `${slow.url},slots=1`], {}),
      ...{ queue, maxConcurrency: null, access: null, server: { ...serverDefaults, port }, version: '1.2.3' },
      times: { ...usualTimes, probeTimeoutMs: 60_000 },
    },
    pino({ level: 'silent' }),
    stopping.signal,
  );
  start.catch(() => undefined);
  const post = (): Promise<number> =>
    fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'model', messages: [] }),
    }).then(({ status }) => status);
  const isUp = async (): Promise<boolean> => {
    const list = await fetch(`http://127.0.0.1:${port}/v1/upstreams`).then(
      (answer) => answer.text(),
      () => '',
    );
    return list.includes('"ready"');
  };
  while (!(await isUp())) await delay(20);
  const running = post();
  while (quick.inFlight < 1) await delay(20);
  const waiting = post();
  const isWaiting = async (): Promise<boolean> => {
    const queues: unknown = await fetch(`http://127.0.0.1:${port}/v1/queue`).then((answer) => answer.json());
    return items(member(queues, 'waiting')).length === 1;
  };
  while (!(await isWaiting())) await delay(20);
  stopping.abort(new Error('stopped'));
  await expect(start).rejects.toThrow('stopped');
  expect(await Promise.all([running, waiting])).toEqual([503, 503]);
});
