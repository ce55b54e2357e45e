import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../src/core/base/clock.js';
import { ChatstreamError } from '../../../src/core/base/errors.js';
import type { Bucket } from '../../../src/core/bus/bucket.js';
import type { Access } from '../../../src/core/config/access.js';
import { digestOf, type KeySettings, noRates } from '../../../src/core/config/key-settings.js';
import type { EngineOptions } from '../../../src/core/engine/options.js';
import { usualTerms } from '../../../src/core/scheduler/jobs/demand.js';
import { serve } from '../../../src/core/serve/serve.js';
import { serveCluster } from '../../../src/core/serve/serve-cluster.js';
import type { ServerOptions } from '../../../src/core/server/http/context.js';
import { openFileStorage } from '../../../src/core/server/store/file-storage.js';
import { serverDefaults } from '../../support/app.js';
import { MemoryBus, MemoryNetwork } from '../../support/memory-bus.js';
import { silentLogger } from '../../support/silent-logger.js';

const logger = pino({ level: 'silent' });
const engine: EngineOptions = { engine: 'mock', slots: 1, context: 'auto', prefillMs: 1, tokenMs: 1, reply: 'round' };
const queue = {
  ...{ maxConcurrency: 1, maxQueue: 4, queueTimeoutMs: 60_000, maxQueuedTokens: null, ttftTargetMs: null },
  ...{ policy: 'fair' as const, classPatienceMs: 60_000, preemptAfterMs: null },
};

let folder: string;
let storePath: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'chatstream-failed-starts-'));
  storePath = join(folder, 'responses.db');
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** A file of responses can only be opened when nobody has it open. */
async function expectStoreClosed(): Promise<void> {
  const storage = await openFileStorage({ path: storePath, ttlMs: 0, clock: systemClock, logger: silentLogger });
  await storage.close();
}

function accessOf(...keys: readonly Partial<KeySettings>[]): Access {
  const plain = { trafficClass: 'standard', role: 'user', terms: usualTerms, rates: noRates } as const;
  const whole = keys.map((key) => ({ ...plain, name: 'anna', digest: digestOf('secret'), ...key }));
  return { keys: whole, anonymous: null, classReserves: new Map() };
}

const impossibleReserve = accessOf({ terms: { ...usualTerms, reserve: 1 } });

class WatchedBus extends MemoryBus {
  isClosed = false;
  readonly #hasBuckets: boolean;

  constructor(hasBuckets: boolean) {
    super(new MemoryNetwork(systemClock, () => 0.5), 1024 * 1024);
    this.#hasBuckets = hasBuckets;
  }

  override bucket(...named: Parameters<MemoryBus['bucket']>): Promise<Bucket> {
    if (this.#hasBuckets) return super.bucket(...named);
    return Promise.reject(new ChatstreamError('cluster_unavailable', 'NATS has JetStream switched off.'));
  }

  override close(): Promise<void> {
    this.isClosed = true;
    return super.close();
  }
}

async function takenPort(): Promise<number> {
  const server = await new Promise<Server>((resolve) => {
    const other = createServer().listen(0, '127.0.0.1', () => {
      resolve(other);
    });
  });
  onTestFinished(() => void server.close());
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

interface Wrong {
  readonly access?: Access;
  readonly server?: Partial<ServerOptions>;
}

function common({ access, server }: Wrong): {
  readonly access: Access | null;
  readonly server: ServerOptions;
  readonly version: string;
  readonly queue: typeof queue;
} {
  return { access: access ?? null, server: { ...serverDefaults, storePath, ...server }, version: '1.2.3', queue };
}

const startServer = (wrong: Wrong): Promise<unknown> => serve({ ...common(wrong), engine, replication: null }, logger);

function startFront(wrong: Wrong, bus = new WatchedBus(true)): Promise<unknown> {
  return serveCluster(bus, { ...common(wrong), maxConcurrency: null }, logger);
}

const doubleKey: Wrong = { access: accessOf({}), server: { apiKeys: ['secret'] } };

describe('a server that cannot start closes its file of responses', () => {
  it.each([
    ['because of a reserve that cannot be', { access: impossibleReserve }, 'usage'],
    ['because a key is in both of its places', doubleKey, 'usage'],
  ] as const)('%s', async (_, wrong, code) => {
    await expect(startServer(wrong)).rejects.toMatchObject({ code });
    await expectStoreClosed();
  });

  it('because another program has its port', async () => {
    const starting = startServer({ server: { port: await takenPort() } });
    await expect(starting).rejects.toMatchObject({ code: 'address_unavailable' });
    await expectStoreClosed();
  });
});

describe('a front of a cluster that cannot start closes its connection and its file of responses', () => {
  it('because it cannot join', async () => {
    const bus = new WatchedBus(false);
    await expect(startFront({}, bus)).rejects.toThrow('JetStream switched off');
    expect(bus.isClosed).toBe(true);
    await expectStoreClosed();
  });

  it('because a key is in both of its places', async () => {
    const bus = new WatchedBus(true);
    await expect(startFront(doubleKey, bus)).rejects.toMatchObject({ code: 'usage' });
    expect(bus.isClosed).toBe(true);
    await expectStoreClosed();
  });

  it('because that file cannot be used', async () => {
    const bus = new WatchedBus(true);
    const starting = startFront({ server: { storePath: join(folder, 'no-such-folder', 'responses.db') } }, bus);
    await expect(starting).rejects.toMatchObject({ code: 'usage' });
    expect(bus.isClosed).toBe(true);
  });

  it('because another program has its port', async () => {
    const bus = new WatchedBus(true);
    const starting = startFront({ server: { port: await takenPort() } }, bus);
    await expect(starting).rejects.toMatchObject({ code: 'address_unavailable' });
    expect(bus.isClosed).toBe(true);
    await expectStoreClosed();
  });
});
