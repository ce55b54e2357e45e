import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/base/clock.js';
import { member } from '../../src/core/base/json.js';
import type { EngineOptions } from '../../src/core/engine/options.js';
import type { OpenServer } from '../../src/core/serve/open-server.js';
import { serveCluster } from '../../src/core/serve/serve-cluster.js';
import { type RunningNode, serveNode } from '../../src/core/serve/serve-node.js';
import { measure } from '../core/bench/measure.js';
import { serverDefaults } from '../support/app.js';
import { MemoryNetwork } from '../support/memory-bus.js';
import { until } from '../support/until.js';

const logger = pino({ level: 'silent' });
const engine: EngineOptions = { engine: 'mock', slots: 1, context: 'auto', prefillMs: 1, tokenMs: 5, reply: 'long' };

const queue = {
  ...{ maxConcurrency: 1, maxQueue: 64, queueTimeoutMs: 60_000, maxQueuedTokens: null, ttftTargetMs: null },
  ...{ policy: 'fifo' as const, classPatienceMs: 0, preemptAfterMs: null },
};

describe('a front of a cluster', () => {
  let nodes: readonly RunningNode[];
  let fronts: readonly OpenServer[];

  beforeAll(async () => {
    const network = new MemoryNetwork(systemClock, Math.random);
    const never = new AbortController().signal;
    const options = { access: null, server: serverDefaults, version: '1.2.3', queue, maxConcurrency: null };
    fronts = [
      await serveCluster(network.connect(), options, logger),
      await serveCluster(network.connect(), options, logger),
    ];
    nodes = [
      await serveNode(network.connect(), { engine, name: 'n1' }, logger, never),
      await serveNode(network.connect(), { engine, name: 'n2' }, logger, never),
    ];
    for (const { url } of fronts) {
      await until(async () => member(await queueAt(url), 'slots') === 2, 'the front to know both nodes');
      await until(async () => (await fetch(`${url}/readyz`)).ok, 'the front to be ready');
    }
  });
  afterAll(async () => {
    for (const front of fronts) await front.drain(0);
    for (const node of nodes) await node.drain(0);
  });

  async function queueAt(url: string): Promise<unknown> {
    return (await fetch(`${url}/v1/queue`)).json();
  }

  it('says in its metrics whether it holds the line of a model', async () => {
    const held = async ({ url }: OpenServer): Promise<string | undefined> => {
      const metrics = await (await fetch(`${url}/metrics`)).text();
      return /^chatstream_line_holder\{model="mock"\} (\d)$/m.exec(metrics)?.[1];
    };
    await until(async () => (await Promise.all(fronts.map(held))).includes('1'), 'a front to hold the line');
    expect((await Promise.all(fronts.map(held))).toSorted()).toEqual(['0', '1']);
  });

  it('is swept by a bench, which names the nodes and turns the limit back', async () => {
    const [{ url } = { url: '' }, other] = fronts;
    const { result } = await measure({
      target: { type: 'url', url },
      load: { type: 'closed', concurrency: [4] },
      maxConcurrency: [1, 2],
      requests: 16,
    });
    expect(result.target.settings).toMatchObject({ slots: 2, slots_at: 'nodes' });
    const settings = result.runs.map(({ settings: { max_concurrency } }) => max_concurrency);
    expect(settings.toSorted()).toEqual([1, 2]);
    const answers = result.runs.map(({ executors = [] }) =>
      executors.reduce((sum, { completed }) => sum + completed, 0),
    );
    expect(answers).toEqual([16, 16]);
    const names = result.runs[settings.indexOf(2)]?.executors?.map(({ name }) => name);
    expect(names?.toSorted()).toEqual(['n1', 'n2']);
    expect(member(await queueAt(url), 'max_concurrency')).toBe(2);
    await until(
      async () => member(await queueAt(other?.url ?? ''), 'max_concurrency') === 2,
      'the other front to know',
    );
  });
});
