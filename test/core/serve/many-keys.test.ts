import { pino } from 'pino';
import { expect, it } from 'vitest';
import { systemClock } from '../../../src/core/base/clock.js';
import type { Access } from '../../../src/core/config/access.js';
import { digestOf, noRates } from '../../../src/core/config/key-settings.js';
import { usualTerms } from '../../../src/core/scheduler/jobs/demand.js';
import { serveCluster } from '../../../src/core/serve/serve-cluster.js';
import { serverDefaults } from '../../support/app.js';
import { manyKeys } from '../../support/many-keys.js';
import { MemoryNetwork } from '../../support/memory-bus.js';

const queue = {
  ...{ maxConcurrency: 1, maxQueue: 4, queueTimeoutMs: 60_000, maxQueuedTokens: null, ttftTargetMs: null },
  ...{ policy: 'fair' as const, classPatienceMs: 60_000, preemptAfterMs: null },
};

function accessOf(keys: readonly string[]): Access {
  const common = { trafficClass: 'interactive', role: 'user', terms: usualTerms, rates: noRates } as const;
  return {
    keys: keys.map((name) => ({ ...common, name, digest: digestOf(name) })),
    anonymous: null,
    classReserves: new Map(),
  };
}

async function start(network: MemoryNetwork, keys: readonly string[]): ReturnType<typeof serveCluster> {
  const options = { access: accessOf(keys), server: serverDefaults, version: '1.2.3', queue, maxConcurrency: null };
  return serveCluster(network.connect(16_384), options, pino({ level: 'silent' }));
}

const tooMany = {
  code: 'usage',
  message: expect.stringMatching(
    /^The terms of 2000 keys are too long for NATS: \d+ bytes, compressed, and it takes messages of 16384 bytes\.$/,
  ) as string,
  hint: expect.stringMatching(/^Raise max_payload in the configuration of nats-server to \d+ or more/) as string,
};

/** The random bytes in their names do not fit, however well they are compressed. */
const tooManyKeys = manyKeys(2000);

it('refuses to start with more keys than can be told to the cluster, and joins nothing', async () => {
  const network = new MemoryNetwork(systemClock, Math.random);
  await expect(start(network, tooManyKeys)).rejects.toMatchObject(tooMany);
  expect(network.sent.messages).toBe(0);
});

it('goes on with its keys when a configuration with too many is read again', async () => {
  const front = await start(new MemoryNetwork(systemClock, Math.random), ['anna']);
  const asAnna = { headers: { authorization: 'Bearer anna' } };
  const asNewcomer = { headers: { authorization: `Bearer ${manyKeys(1)[0] ?? ''}` } };
  const statuses = async (): Promise<readonly number[]> => [
    (await fetch(`${front.url}/v1/models`, asAnna)).status,
    (await fetch(`${front.url}/v1/models`, asNewcomer)).status,
  ];
  expect(() => {
    front.replaceAccess(accessOf(tooManyKeys));
  }).toThrow(expect.objectContaining(tooMany));
  expect(await statuses()).toEqual([200, 401]);
  // Half as many as fit.
  front.replaceAccess(accessOf(manyKeys(300)));
  expect(await statuses()).toEqual([401, 200]);
  await front.drain(0);
});
