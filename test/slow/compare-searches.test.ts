import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readResult } from '../../src/core/measurement/read-result.js';
import type { BenchResult } from '../../src/core/measurement/result-schema.js';
import { type CliProcess, runCli, startServer } from '../support/server-process.js';

const slots = 4;

/** Answers of one token at equal intervals: nothing waits below what the server can do, and the wait grows without end above. */
const load = ['--output-tokens', '1', '--input-tokens', '8', '--arrival', 'constant', '--timeout', '20s'];

/** The limit lies 60 ms above the prefill of one server and 40 ms above that of the other, so that hiccups of the machine are kept apart from a queue. */
const search = ['--find-max', 'ttft.p95<120ms', '--rate', '20', '-d', '1s', '--max-duration', '25s'];

/** Answers of one token take as long as the prefill, which says what the server can do. */
async function searchServer(prefillMs: number, path: string): Promise<BenchResult> {
  const engine = ['--engine', 'mock', '--mock-prefill', `${prefillMs}ms`, '--mock-token', '1ms', '-n', String(slots)];
  const server = await startServer([...engine, '--max-queue', '5000']);
  const cli = await runCli(['bench', '--url', server.url, ...load, ...search, '-o', path]);
  expect(await cli.exited, cli.stderr).toBe(0);
  await server.stop();
  return await readResult(path);
}

describe('two searches with bench --find-max', { timeout: 300_000 }, () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chatstream-searches-'));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const compare = (candidate: string): Promise<CliProcess> =>
    runCli(['compare', join(folder, 'before.json'), join(folder, candidate), '--fail-on', 'find_max<12%']);

  it('show a server that can do three quarters as a regression, and the same server again as none', async () => {
    const before = await searchServer(60, join(folder, 'before.json'));
    const again = await searchServer(60, join(folder, 'again.json'));
    const slower = await searchServer(80, join(folder, 'slower.json'));
    for (const { find_max } of [before, again, slower]) expect(find_max).toMatchObject({ status: 'found' });

    const same = await compare('again.json');
    expect(await same.exited, same.stdout + same.stderr).toBe(0);
    expect(same.stdout).not.toContain('regression');

    const worse = await compare('slower.json');
    expect(await worse.exited, worse.stdout + worse.stderr).toBe(10);
    expect(worse.stdout).toMatch(/✗ find_max .* regression/);
    expect(worse.stdout).toContain('Exit code 10: regression.');
  });
});
