import { describe, expect, it, onTestFinished } from 'vitest';
import { usualTransport } from '../../../../src/core/bench/client/transport.js';
import { openTarget, type Target } from '../../../../src/core/bench/target/target.js';
import type { Endpoint } from '../../../../src/core/measurement/workload/endpoints.js';
import { watchServer } from '../../../../src/core/watch/watched-server.js';
import { type RelayServer, testRelay } from '../../../support/relay-server.js';
import { UpstreamServer } from '../../../support/upstream-server.js';
import { modelList, serveRoutes } from './routes.js';

const { trust } = usualTransport;

async function open(url: string, endpoint: Endpoint = 'chat'): Promise<Target> {
  return await openTarget(
    { type: 'url', url },
    { headers: {}, modelName: null, form: { endpoint, streaming: true } },
    trust,
    { onServerStart: () => undefined, onServerLog: () => undefined, signal: new AbortController().signal },
  );
}

async function front(slots: readonly number[]): Promise<RelayServer> {
  const servers = await Promise.all(slots.map((each) => UpstreamServer.start({ slots: each })));
  onTestFinished(async () => {
    await Promise.all(servers.map((server) => server.stop()));
  });
  return await testRelay(servers.map(({ url }) => url));
}

describe('a chatstream server in front of others', () => {
  it('is recognised, and its max-concurrency can be set up to the places of all upstreams', async () => {
    const relay = await front([3, 2]);
    const target = await open(relay.url);
    expect(target.description).toMatchObject({
      server: 'chatstream/1.2.3',
      model: 'model',
      settings: { slots: 5, slots_at: 'upstreams' },
    });
    expect(target.queue).toMatchObject({ original: 5, slots: 5, slotsAt: 'upstreams' });
    await target.queue?.setMaxConcurrency(2);
    expect(await relay.get('/v1/queue')).toMatchObject({ max_concurrency: 2 });
    expect(await target.close()).toBeNull();
    expect(await relay.get('/v1/queue')).toMatchObject({ max_concurrency: 5 });
    expect(await target.queues?.read()).toMatchObject({ running: 0, waiting: 0 });
  });

  it('understands as much as the servers behind it', async () => {
    const llamaServers = await front([1]);
    expect((await open(llamaServers.url)).ignoresEos).toBe(true);
    expect((await open(llamaServers.url, 'responses')).ignoresEos).toBe(false);
    const unknown = await UpstreamServer.start();
    onTestFinished(() => unknown.stop());
    const mixed = await testRelay([unknown.url]);
    expect((await open(mixed.url)).ignoresEos).toBe(false);
  });

  it('shows its queues to those who watch it', async () => {
    const relay = await front([3, 2]);
    const server = await watchServer(relay.url, { headers: {}, trust, patienceMs: 10_000 });
    expect(server.model).toBe('model');
    await server.setMaxConcurrency(4, null);
    expect((await server.read()).queue).toMatchObject({ max_concurrency: 4, slots: 5, running: [], waiting: [] });
  });

  it('is not taken for one because of a word in its list of models', async () => {
    const { url } = await serveRoutes({ 'GET /v1/models': modelList('upstream', 'm') });
    expect((await open(url)).description.server).toBe('unknown');
  });
});
