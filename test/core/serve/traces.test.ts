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

async function withReplicas(otlpUrl: string): Promise<Serving> {
  return serve(
    {
      ...{ ...common, engine: { ...engine, slots: 2 }, otlpUrl },
      replication: { variables: [{}, {}], needsDevice: false },
    },
    logger,
  );
}

async function beforeOthers(otlpUrl: string): Promise<Serving> {
  const upstream = await UpstreamServer.start({ manner: { type: 'answer', tokens: 3, tokenMs: 5 } });
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

const kinds = [
  ['with an engine', withEngine],
  ['with several engines', withReplicas],
  ['in front of others', beforeOthers],
  ['in a cluster', inCluster],
] as const;

/** The spans of a server that answers one request. */
async function traced(start: (otlpUrl: string) => Promise<Serving>): Promise<ReturnType<typeof spansIn>> {
  const { url, sent } = await traceCollector();
  const server = await start(url);
  const body = JSON.stringify({ messages: [{ role: 'user', content: 'Hi' }], max_tokens: 3, stream: true });
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${server.url}/v1/chat/completions`, { method: 'POST', headers, body });
  expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('choices')]);
  await server.drain(1000);
  return spansIn(sent);
}

describe('a server that is told where traces go', () => {
  it.each(kinds)('sends those of its last requests before it ends: %s', async (_where, start) => {
    const requests = (await traced(start)).filter(({ name }) => name === 'request');
    expect(requests).toHaveLength(1);
    expect(requests[0]?.['attributes']).toContainEqual({
      key: 'chatstream.outcome',
      value: { stringValue: 'completed' },
    });
  });

  it.each(kinds)('sends one trace of a request, with its parts one after the other: %s', async (_where, start) => {
    const spans = await traced(start);
    const [request, ...parts] = spans;
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
    // What took no time at all has no span.
    expect(parts.map(({ name }) => name).filter((name) => name !== 'wait')).toEqual(['prefill', 'decode']);
    const times = parts.flatMap((part) => [
      BigInt(String(part['startTimeUnixNano'])),
      BigInt(String(part['endTimeUnixNano'])),
    ]);
    const all = [
      BigInt(String(request?.['startTimeUnixNano'])),
      ...times,
      BigInt(String(request?.['endTimeUnixNano'])),
    ];
    expect(all).toEqual(all.toSorted((one, other) => Number(one - other)));
  });
});
