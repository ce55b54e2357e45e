import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { member } from '../../src/core/base/json.js';
import { keyEntry } from '../../src/core/config/key-entry.js';
import { manyKeys } from '../support/many-keys.js';
import { hasNats, NatsServer, needsNats } from '../support/nats-server.js';
import { CliProcess } from '../support/server-process.js';
import { until } from '../support/until.js';

describe.skipIf(!hasNats())(`a cluster with 400 keys on a NATS server that takes 16 KiB ${needsNats}`, () => {
  const keys = manyKeys(400);
  const [first = '', second = ''] = keys;
  let folder: string;
  let nats: NatsServer;
  const members: CliProcess[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chatstream-keys-'));
    await writeFile(join(folder, 'nats.conf'), 'max_payload: 16384\n');
    nats = await NatsServer.start(['-c', join(folder, 'nats.conf'), '-js', '-sd', folder]);
  });
  afterAll(async () => {
    for (const each of members) each.signal('SIGKILL');
    await Promise.all(members.map(({ exited }) => exited));
    await nats.stop();
    await rm(folder, { recursive: true });
  });

  function spawn(args: readonly string[]): CliProcess {
    const started = new CliProcess([...args, '--cluster', `nats://${nats.address}`, '--json']);
    members.push(started);
    return started;
  }

  async function configOf(names: readonly string[], file: string): Promise<string> {
    const path = join(folder, file);
    const entries = names.map((name) => `${keyEntry(name, name).text}    limits: { running: 1, waiting: 0 }\n`);
    await writeFile(path, `keys:\n${entries.join('')}`);
    return path;
  }

  async function startFront(config: string): Promise<string> {
    const front = spawn(['serve', '--port', '0', '--config', config]);
    await until(() => front.stdout.includes('"ready"') || front.hasExited, 'the front');
    expect(front.hasExited, front.stderr).toBe(false);
    const url = String(member(JSON.parse(front.stdout.split('\n', 1)[0] ?? ''), 'url'));
    await until(async () => (await fetch(`${url}/readyz`)).status === 200, 'the front to be ready');
    return url;
  }

  async function ask(url: string, key: string, maxTokens = 4): Promise<number> {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
    const messages = [{ role: 'user', content: 'Count.' }];
    const body = JSON.stringify({ messages, max_tokens: maxTokens, ignore_eos: true });
    const response = await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body });
    await response.text();
    return response.status;
  }

  it('answers all of them at each of two fronts, and holds them to their limits', async () => {
    const node = spawn(['node', '--engine', 'mock', '-n', '64', '--mock-token', '20ms', '--mock-reply', 'long']);
    await until(() => node.stdout.includes('"ready"'), 'the node');
    const config = await configOf(keys, 'keys.yaml');
    const fronts = [await startFront(config), await startFront(config)];
    for (const url of fronts) {
      const statuses: number[] = [];
      for (let at = 0; at < keys.length; at += 40) {
        statuses.push(...(await Promise.all(keys.slice(at, at + 40).map((key) => ask(url, key)))));
      }
      expect(statuses).toEqual(keys.map(() => 200));
    }
    const [one = '', other = ''] = fronts;
    const long = ask(one, first, 300);
    const headers = { authorization: `Bearer ${first}` };
    const running = async (): Promise<unknown> =>
      member(await (await fetch(`${one}/v1/queue`, { headers })).json(), 'running');
    await until(async () => [await running()].flat().length === 1, 'the request of the key to run');
    expect([await ask(other, first), await ask(other, second)]).toEqual([429, 200]);
    expect(await long).toBe(200);
    expect(members.map(({ hasExited }) => hasExited)).toEqual([false, false, false]);
    expect(members.map(({ stderr }) => stderr).join('')).not.toMatch(/NATS is unavailable|a message was lost/);
  });

  it('has no front with more keys than fit, which says what NATS would have to take', async () => {
    const front = spawn(['serve', '--port', '0', '--config', await configOf(manyKeys(2000), 'too-many.yaml')]);
    await front.exited;
    expect(front.stdout + front.stderr).toMatch(
      /The terms of 2000 keys are too long for NATS: \d+ bytes, compressed, and it takes messages of 16384 bytes/,
    );
  });
});
