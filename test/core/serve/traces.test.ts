import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../src/core/base/clock.js';
import type { EngineOptions } from '../../../src/core/engine/options.js';
import { serve } from '../../../src/core/serve/serve.js';
import { serveCluster } from '../../../src/core/serve/serve-cluster.js';
import { serveNode } from '../../../src/core/serve/serve-node.js';
import { serverDefaults } from '../../support/app.js';
import { MemoryNetwork } from '../../support/memory-bus.js';
import { startRelay } from '../../support/relay-server.js';
import { spansIn, traceCollector } from '../../support/trace-collector.js';
import { until } from '../../support/until.js';
import { UpstreamServer } from '../../support/upstream-server.js';

const logger = pino({ level: 'silent' });
const engine: EngineOptions = { engine: 'mock', slots: 1, context: 'auto', prefillMs: 1, tokenMs: 1, reply: 'round' };

interface Serving {
  readonly url: string;
  drain(timeoutMs: number): Promise<number>;
}

const queue = {
  ...{ maxConcurrency: 1, maxQueue: 4, queueTimeoutMs: 60_000, maxQueuedTokens: null, ttftTargetMs: null },
  ...{ policy: 'fifo' as const, classPatienceMs: 0, preemptAfterMs: null },
};
const common = { access: null, server: serverDefaults, version: '1.2.3', queue };

async function withEngine(otlpUrl: string): Promise<Serving> {
  return serve({ ...common, engine, replication: null, otlpUrl }, logger);
}

async function beforeOthers(otlpUrl: string): Promise<Serving> {
  const upstream = await UpstreamServer.start();
  onTestFinished(() => upstream.stop());
  return startRelay([upstream.url], { otlpUrl });
}

async function inCluster(otlpUrl: string): Promise<Serving> {
  const network = new MemoryNetwork(systemClock, Math.random);
  const node = await serveNode(network.connect(), { engine, name: 'n' }, logger, new AbortController().signal);
  const front = await serveCluster(network.connect(), { ...common, maxConcurrency: null, otlpUrl }, logger);
  await until(async () => (await fetch(`${front.url}/readyz`)).ok, 'the front to be ready');
  return {
    url: front.url,
    drain: async (timeoutMs) => {
      const left = await front.drain(timeoutMs);
      await node.drain(0);
      return left;
    },
  };
}

describe('a server that is told where traces go', () => {
  it.each([
    ['with an engine', withEngine],
    ['in front of others', beforeOthers],
    ['in a cluster', inCluster],
  ])('sends those of its last requests before it ends: %s', async (_where, start) => {
    const { url, sent } = await traceCollector();
    const server = await start(url);
    const body = JSON.stringify({ messages: [{ role: 'user', content: 'Hi' }], max_tokens: 3 });
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${server.url}/v1/chat/completions`, { method: 'POST', headers, body });
    expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('choices')]);
    await server.drain(1000);
    const requests = spansIn(sent).filter(({ name }) => name === 'request');
    expect(requests).toHaveLength(1);
    expect(requests[0]?.['attributes']).toContainEqual({
      key: 'chatstream.outcome',
      value: { stringValue: 'completed' },
    });
  });
});
