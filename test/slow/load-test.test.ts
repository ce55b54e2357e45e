import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Static, Type } from 'typebox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { childrenOf, lives } from '../core/engine/process/processes.js';
import { parseAs } from '../support/parse-as.js';
import { type ServerProcess, startServer } from '../support/server-process.js';
import { until } from '../support/until.js';

const engine = ['--engine', 'mock', '--mock-reply', 'long', '--mock-prefill', '10ms', '--mock-token', '10ms'];
const headers = { 'content-type': 'application/json', authorization: 'Bearer secret' };

const loadTest = Type.Object({
  status: Type.String(),
  figures: Type.Optional(Type.Union([Type.Object({ completed: Type.Integer() }), Type.Null()])),
  report: Type.Optional(Type.Union([Type.String(), Type.Null()])),
});

describe('a load test of a server by itself', () => {
  let folder: string;
  let server: ServerProcess;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chatstream-load-tests-'));
    server = await startServer([...engine, '-n', '2', '--api-key', 'secret'], { TMPDIR: folder });
  });
  afterAll(async () => {
    await server.stop('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });

  async function call(method: string, body?: object): Promise<Static<typeof loadTest>> {
    const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
    return parseAs(loadTest, await (await fetch(`${server.url}/v1/load-test`, init)).json());
  }

  it('measures with a key of its own, and leaves nothing behind but the report', async () => {
    await call('POST', { clients: 3, duration_s: 1, output_tokens: 8 });
    const ended = await until(async () => {
      const now = await call('GET');
      return 'report' in now && now;
    }, 'the end of the load test');
    expect(ended).toMatchObject({ status: 'completed' });
    expect(ended.figures?.completed).toBeGreaterThan(0);
    const report = await (await fetch(`${server.url}${ended.report ?? ''}`)).text();
    expect(report).toContain('chatstream bench');
    expect(report).not.toContain('secret');
    expect((await readdir(folder)).filter((name) => name.startsWith('chatstream-load-'))).toEqual([]);
  });

  it.skipIf(process.platform !== 'linux')('ends when its server is killed (needs /proc)', async () => {
    await call('POST', { clients: 2, duration_s: 120, output_tokens: 8 });
    await until(async () => (await call('GET')).figures !== null, 'the first figures');
    const benches = childrenOf(server.pid, 'bench');
    expect(benches).toHaveLength(1);
    expect(readFileSync(`/proc/${benches[0]}/cmdline`, 'utf8')).not.toMatch(/key/i);
    await server.stop('SIGKILL');
    await until(() => !benches.some(lives), 'the end of the load generator');
  });
});
