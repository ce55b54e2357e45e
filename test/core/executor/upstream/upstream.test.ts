import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../../src/core/base/clock.js';
import { Upstream } from '../../../../src/core/executor/upstream/upstream.js';
import { usualTimes } from '../../../../src/core/executor/upstream/upstream-times.js';
import { until } from '../../../support/app.js';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** An SGLang, and the paths that it was asked for. */
class Sglang {
  readonly asked: string[] = [];
  /** What it says of itself; null while it is too busy to. */
  info: object | null = null;

  async start(): Promise<string> {
    const server = createServer(({ url = '' }, response) => {
      this.asked.push(url);
      if (url === '/v1/models') response.end(JSON.stringify({ data: [{ id: 'm', owned_by: 'sglang' }] }));
      else if (this.info !== null) response.end(JSON.stringify(this.info));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closing.push(() => {
      server.close();
      server.closeAllConnections();
    });
    // A server that listens on a port has an address of this form.
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** How often it was asked for a path. */
  count(path: string): number {
    return this.asked.filter((each) => each === path).length;
  }
}

async function upstreamOf(sglang: Sglang): Promise<Upstream> {
  const baseUrl = await sglang.start();
  const times = { ...usualTimes, probeIntervalMs: 10, probeTimeoutMs: 1000 };
  const upstream = new Upstream({ name: 'gpu', baseUrl, slots: null, models: [], key: null }, systemClock, times);
  closing.unshift(() => upstream.stop());
  await upstream.start();
  return upstream;
}

describe('an SGLang that is too busy to say how many places it has', () => {
  it('is up, and has them all once it has said so', async () => {
    const sglang = new Sglang();
    const upstream = await upstreamOf(sglang);
    expect([upstream.status, upstream.places, upstream.arePlacesKnown]).toEqual(['ready', 1, false]);
    sglang.info = { internal_states: [{ effective_max_running_requests_per_dp: 48 }] };
    await until(() => upstream.places === 48);
    expect(upstream.status).toBe('ready');
  });
});

describe('an SGLang that does not say how many places it has', () => {
  it('is asked once, however often it is probed', async () => {
    const sglang = new Sglang();
    sglang.info = {};
    const upstream = await upstreamOf(sglang);
    await until(() => sglang.count('/v1/models') >= 4);
    expect([upstream.status, upstream.places]).toEqual(['ready', 1]);
    expect(sglang.count('/server_info')).toBe(1);
  });
});
