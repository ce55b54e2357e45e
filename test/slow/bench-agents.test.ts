import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseResult } from '../../src/core/measurement/read-result.js';
import type { BenchResult } from '../../src/core/measurement/result-schema.js';
import { hasNats, NatsServer, needsNats } from '../support/nats-server.js';
import { selfSigned } from '../support/self-signed.js';
import { CliProcess, type ServerProcess, startServer } from '../support/server-process.js';
import { until } from '../support/until.js';

const apiKey = 'key-of-the-target';

describe.skipIf(!hasNats())(`a bench with agents ${needsNats}`, () => {
  let server: ServerProcess;
  let nats: NatsServer;
  let folder: string;
  let agents: readonly CliProcess[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chatstream-agents-'));
    const engine = ['--engine', 'mock', '--mock-prefill', '5ms', '--mock-token', '5ms'];
    server = await startServer([...engine, '-n', '8', '--max-queue', '64', '--api-key', apiKey]);
    nats = await NatsServer.start(['--user', 'bench', '--pass', 'of-nats']);
    agents = await Promise.all(['anna', 'ben', 'cleo'].map((name) => startAgent(name, clusterOf(nats))));
  });
  afterAll(async () => {
    for (const agent of agents) agent.signal('SIGKILL');
    await nats.stop();
    await server.stop();
    await rm(folder, { recursive: true });
  });

  function clusterOf({ address }: NatsServer): string {
    return `nats://bench:of-nats@${address}`;
  }

  async function startAgent(name: string, cluster: string, more: readonly string[] = []): Promise<CliProcess> {
    const agent = new CliProcess(['bench-agent', '--name', name, ...more], { CHATSTREAM_CLUSTER: cluster });
    await until(() => agent.stderr.includes('waiting for work') || agent.hasExited, `agent ${name}`);
    expect(agent.hasExited, agent.stderr).toBe(false);
    return agent;
  }

  function startBench(count: number, load: readonly string[], cluster = clusterOf(nats)): CliProcess {
    const target = ['-u', server.url, '--output-tokens', '4', '--warmup', '200ms', '-n', '8'];
    const files = ['-o', join(folder, 'result.json'), '--cluster', cluster, '--agents', String(count)];
    return new CliProcess(['bench', ...target, ...files, ...load], { CHATSTREAM_API_KEY: apiKey });
  }

  /** The same until its agents have kept up: on a busy machine, one may begin a second late, and the bench says so. */
  async function benchDone(...args: Parameters<typeof startBench>): Promise<CliProcess> {
    for (let attempt = 1; ; attempt += 1) {
      const bench = startBench(...args);
      const code = await bench.exited;
      if (/may have begun|stood still/.test(bench.stderr) && attempt < 5) continue;
      expect(code, bench.stderr).toBe(0);
      return bench;
    }
  }

  async function resultOf(): Promise<BenchResult> {
    return parseResult(await readFile(join(folder, 'result.json'), 'utf8'), 'result.json');
  }

  it('sends what the plan says, from all of them, and keeps keys to itself', async () => {
    const bench = await benchDone(3, ['--rate', '40', '-r', '60']);
    const { runs, command } = await resultOf();
    expect(runs[0]?.requests).toMatchObject({ completed: 60, failed: 0 });
    expect(runs[0]?.client.workers).toBe(3);
    const members = runs[0]?.agents?.members.toSorted((one, other) => one.name.localeCompare(other.name)) ?? [];
    expect(members.map(({ name, status }) => [name, status])).toEqual(
      ['anna', 'ben', 'cleo'].map((name) => [name, 'finished']),
    );
    expect(members.reduce((sum, { completed }) => sum + completed, 0)).toBe(60);
    expect(bench.stdout).toMatch(/The load came from 3 agents \(.*\); they began at most [\d.]+ m?s apart\./);
    const written = [
      bench.stdout,
      bench.stderr,
      command,
      ...agents.map(({ stderr, stdout }) => stderr + stdout),
    ].join();
    expect(written).not.toContain(apiKey);
    expect(written).not.toContain('of-nats');
  });

  it('measures whole answers of another endpoint, and each stage of a rate', async () => {
    await benchDone(3, ['--endpoint', 'responses', '--no-stream', '--stages', '10@2s,30@2s']);
    const { runs, plan } = await resultOf();
    expect(plan).toMatchObject({ endpoint: '/v1/responses', streaming: false });
    const [run] = runs;
    expect([run?.requests.failed, run?.metrics.ttft.count]).toEqual([0, 0]);
    expect(run?.metrics.e2e.count).toBe(run?.requests.completed);
    const stages = run?.stages?.map(({ completed }) => completed) ?? [];
    expect(stages.map((completed) => completed > 0)).toEqual([true, true]);
    expect(stages.reduce((sum, completed) => sum + completed, 0)).toBe(run?.requests.completed);
  });

  it('goes on when NATS is restarted, and finds its agents afterwards', async () => {
    const before = sending();
    const bench = startBench(3, ['-c', '6', '-d', '6s']);
    await until(() => sending() === before + 3, 'the load');
    await nats.restart();
    await bench.exited;
    const members = (await resultOf()).runs[0]?.agents?.members ?? [];
    expect(members.map(({ completed, status }) => completed > 0 && status !== 'lost')).toEqual([true, true, true]);
    await benchDone(3, ['-c', '6', '-r', '12']);
  });

  it('says which agent died, and cannot pass', async () => {
    const doomed = await startAgent('doomed', clusterOf(nats));
    const before = sending();
    const bench = startBench(4, ['-c', '8', '-d', '60s']);
    await until(() => sending() === before + 3 && doomed.stderr.includes('"sending"'), 'the load');
    doomed.signal('SIGKILL');
    expect(await bench.exited).toBe(3);
    expect(bench.stderr).toMatch(/The load was not the planned one: .*agent doomed did not answer for 15 s/);
    const { runs, interrupted, ended_early: early } = await resultOf();
    expect([interrupted, early?.cause]).toEqual([true, 'failed']);
    expect(runs[0]?.agents?.members.find(({ name }) => name === 'doomed')).toMatchObject({
      status: 'lost',
      completed: 0,
    });
  });

  it('is told at once that an agent was stopped, which ends with 0', async () => {
    const leaving = await startAgent('leaving', clusterOf(nats));
    const bench = startBench(4, ['-c', '8', '-d', '60s']);
    await until(() => leaving.stderr.includes('"sending"'), 'the load');
    leaving.signal('SIGINT');
    expect(await leaving.exited, leaving.stderr).toBe(0);
    expect(await bench.exited).toBe(3);
    expect(bench.stderr).toContain('agent leaving was stopped');
  });

  it('ends with Ctrl-C, and its agents wait for the next one', async () => {
    const before = sending();
    const bench = startBench(3, ['-c', '6', '-d', '60s']);
    await until(() => sending() === before + 3, 'the load');
    bench.signal('SIGINT');
    expect(await bench.exited).toBe(130);
    await benchDone(3, ['-c', '6', '-r', '12']);
  });

  it('trusts a certificate of its own, and no other', async () => {
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    await writeFile(cert, selfSigned.cert);
    await writeFile(key, selfSigned.key);
    const secure = await NatsServer.start(['--tls', '--tlscert', cert, '--tlskey', key]);
    const cluster = `tls://${secure.address}`;
    const agent = await startAgent('secure', cluster, ['--cluster-ca', cert]);
    await benchDone(1, ['-c', '2', '-r', '4', '--cluster-ca', cert], cluster);
    const refused = startBench(1, ['-c', '2', '-r', '4'], cluster);
    expect(await refused.exited).toBe(3);
    expect(refused.stderr).toContain(`No connection to NATS at ${cluster} is possible: self-signed certificate.`);
    agent.signal('SIGTERM');
    expect(await agent.exited).toBe(0);
    await secure.stop();
  });

  /** How often the agents that stay have begun to send. */
  function sending(): number {
    return agents.reduce((sum, { stderr }) => sum + (stderr.split('"sending"').length - 1), 0);
  }
});
