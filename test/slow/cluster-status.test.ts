import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Type } from 'typebox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseClusterAddress } from '../../src/core/bus/cluster-address.js';
import { connectNats } from '../../src/core/bus/nats-bus.js';
import { buckets, encodeEntry, keys } from '../../src/core/cluster/entries.js';
import { hasNats, NatsServer, needsNats } from '../support/nats-server.js';
import { parseAs } from '../support/parse-as.js';
import { CliProcess } from '../support/server-process.js';

describe.skipIf(!hasNats())(`chatstream cluster status ${needsNats}`, () => {
  let folder: string;
  let nats: NatsServer;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chatstream-status-'));
    nats = await NatsServer.start(['-js', '-sd', folder]);
  });
  afterAll(async () => {
    await nats.stop();
    await rm(folder, { recursive: true });
  });

  async function printed(...args: string[]): Promise<string> {
    const command = new CliProcess(['cluster', 'status', ...args], { CHATSTREAM_CLUSTER: `nats://${nats.address}` });
    expect(await command.exited, command.stderr).toBe(0);
    return command.stdout;
  }

  it('shows members as tables and as JSON', async () => {
    expect(await printed()).toContain('There are no members.');
    const address = parseClusterAddress(`nats://${nats.address}`);
    const bus = await connectNats({ address, credentialsPath: null, caPath: null, certificate: null, name: 'test' });
    const members = await bus.bucket(buckets.members.name, buckets.members);
    const front = { id: 'f1', name: 'paris', running: 2, waiting: 7 };
    const tell = (): void => void members.put(keys.front('f1'), encodeEntry(front)).catch(() => undefined);
    const telling = setInterval(tell, 250);
    const [text, json] = [await printed(), await printed('--json')];
    clearInterval(telling);
    await bus.close();
    expect(text).toMatch(/^paris +2 +7 +(?:\d\.\d s|silent)$/m);
    const { fronts } = parseAs(Type.Object({ fronts: Type.Array(Type.Object({})) }), JSON.parse(json));
    expect(fronts).toMatchObject([front]);
  });
});
