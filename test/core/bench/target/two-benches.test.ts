import { describe, expect, it, onTestFinished } from 'vitest';
import { httpOf } from '../../../../src/core/bench/target/http.js';
import { type QueueControl, queueControl } from '../../../../src/core/bench/target/queue-control.js';
import { type RelayServer, testRelay } from '../../../support/relay-server.js';
import { UpstreamServer } from '../../../support/upstream-server.js';

/** A server with 5 slots. */
async function serve(): Promise<RelayServer> {
  const upstream = await UpstreamServer.start({ slots: 5 });
  onTestFinished(() => upstream.stop());
  return await testRelay([upstream.url]);
}

async function bench({ url }: RelayServer, id: string): Promise<QueueControl> {
  const queue = await queueControl(httpOf(url, {}), 'model', id);
  if (queue === null) throw new Error('it cannot be set');
  return queue;
}

async function limitOf(server: RelayServer): Promise<unknown> {
  return ((await server.get('/v1/queue')) as { readonly max_concurrency: unknown }).max_concurrency;
}

describe('two benches at one server', () => {
  it('leave it as they found it, whichever ends first: the second is refused while the first one sets', async () => {
    const server = await serve();
    const first = await bench(server, 'first');
    await first.setMaxConcurrency(2);
    const second = await bench(server, 'second');
    expect(await limitOf(server)).toBe(2);
    await expect(second.setMaxConcurrency(1)).rejects.toMatchObject({
      message: expect.stringContaining('Another bench is changing max-concurrency') as string,
    });
    await first.restore();
    await second.restore();
    expect(await limitOf(server)).toBe(5);
  });

  it('put back what the first one put back, if the second one has only looked before', async () => {
    const server = await serve();
    const first = await bench(server, 'first');
    await first.setMaxConcurrency(2);
    const second = await bench(server, 'second');
    await first.restore();
    await second.setMaxConcurrency(1);
    await second.restore();
    expect(await limitOf(server)).toBe(5);
  });

  it('leave what an operator has set meanwhile', async () => {
    const server = await serve();
    const first = await bench(server, 'first');
    await first.setMaxConcurrency(2);
    await httpOf(server.url, {}).send('PATCH', '/v1/queue', { max_concurrency: 3 });
    await first.restore();
    expect(await limitOf(server)).toBe(3);
  });

  it('are one if they are the two servers of one bench', async () => {
    const server = await serve();
    const [candidate, baseline] = [await bench(server, 'one'), await bench(server, 'one')];
    await candidate.setMaxConcurrency(2);
    await baseline.setMaxConcurrency(2);
    await candidate.restore();
    await baseline.restore();
    expect(await limitOf(server)).toBe(5);
  });
});
