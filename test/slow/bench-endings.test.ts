import { existsSync, rmSync, symlinkSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BenchResult, resultSchema } from '../../src/core/measurement/result-schema.js';
import { childrenOf, lives } from '../core/engine/process/processes.js';
import { ForeignServers, streamWords } from '../support/foreign-servers.js';
import { parseAs } from '../support/parse-as.js';
import { CliProcess, runCli, startServer } from '../support/server-process.js';
import { until } from '../support/until.js';

const small = ['-c', '2', '--output-tokens', '8', '--input-tokens', '8'];
/** So many requests, however slow the machine is. */
const short = [...small, '-r', '16', '--warmup', '50ms'];
const mock = ['--engine', 'mock', '--mock-prefill', '1ms', '--mock-token', '1ms'];

let folder: string;
const foreign = new ForeignServers();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chatstream-bench-'));
});

afterAll(async () => {
  await foreign.stop();
  await rm(folder, { recursive: true, force: true });
});

/** The result on stdout, which must contain nothing else. */
function resultOf({ stdout }: CliProcess): BenchResult {
  return parseAs(resultSchema, JSON.parse(stdout));
}

/** A setting that distinguishes a server of the bench from any that is given its port afterwards. */
const mark = 4711;
const marked = ['--max-queue', String(mark)];

async function markedServerAnswers(url: string): Promise<boolean> {
  try {
    const view: unknown = await (await fetch(`${url}/v1/queue`)).json();
    return (view as { max_queue?: number }).max_queue === mark;
  } catch {
    return false;
  }
}

async function queueOf(url: string): Promise<{ readonly max_concurrency: number; readonly completed: number }> {
  const view: unknown = await (await fetch(`${url}/v1/queue`)).json();
  const { max_concurrency, totals } = view as { max_concurrency: number; totals: { completed: number } };
  return { max_concurrency, completed: totals.completed };
}

describe('a bench on a server of its own', () => {
  it('says all of it in JSON by its schema, and nothing else on stdout', async () => {
    const plan = ['--slo', 'e2e<10m', '--trials', '2', '--seed', '7'];
    const run = await runCli(['bench', ...short, ...mock, ...marked, '--json', ...plan, '--workers', '2']);
    expect(await run.exited, run.stderr).toBe(0);
    const schema: unknown = JSON.parse(await readFile(new URL('../../schemas/bench-v1.json', import.meta.url), 'utf8'));
    const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
    const isValid = ajv.compile(schema as object);
    expect(isValid(JSON.parse(run.stdout)), JSON.stringify(isValid.errors)).toBe(true);

    const result = resultOf(run);
    expect(result).toMatchObject({
      interrupted: false,
      target: { model: 'mock', settings: { slots: 2, max_queue: mark } },
      plan: { loop: 'closed', concurrency: [2], max_concurrency: [1, 2], trials: 2, seed: 7, slo: ['e2e<10m'] },
    });
    expect(result.runs.map(({ settings, trial }) => [settings.max_concurrency, trial])).toEqual([
      [1, 1],
      [2, 1],
      [1, 2],
      [2, 2],
    ]);
    for (const { requests, metrics, rates, client, output_tokens_source: source } of result.runs) {
      expect(client.workers).toBe(2);
      expect(requests).toMatchObject({ completed: 16, refused: 0, failed: 0, timed_out: 0, errors: {} });
      expect(metrics.ttft.count).toBe(requests.completed);
      expect(metrics.queue_wait).toMatchObject({ source: 'measured', count: requests.completed });
      expect(source).toBe('usage');
      expect(rates.output_tokens_per_second / rates.requests_per_second).toBeCloseTo(8, 0);
      expect(rates.goodput).toBeCloseTo(rates.requests_per_second, 9);
    }
    // Its server is gone.
    expect(await markedServerAnswers(result.target.url)).toBe(false);
  });
});

describe.concurrent('a bench on a server that it did not start', () => {
  it.runIf(existsSync('/dev/full'))(
    'reports that the disk got full while it wrote samples, and exits with 1',
    async () => {
      const samples = join(folder, 'full.jsonl');
      let isFull = false;
      const { url } = await foreign.start(async (exchange) => {
        if (!isFull) {
          isFull = true;
          rmSync(`${samples}.incomplete`, { force: true });
          symlinkSync('/dev/full', `${samples}.incomplete`);
        }
        await streamWords(exchange);
      });
      const run = await runCli(['bench', '-u', url, ...short, '--samples', samples]);
      expect(await run.exited, run.stderr).toBe(1);
      expect(run.stdout).toContain('parrot · unknown');
      expect(run.stderr).toMatch(/Not all samples could be written to .*full\.jsonl\.incomplete: the disk is full\./);
    },
  );

  it('reports what went wrong if every request fails, and ends with 1', async () => {
    const { url } = await foreign.start(async (exchange) => {
      await exchange.answer('500 Internal Server Error', [], '{"error":{"message":"The parrot is dead."}}');
    });
    const run = await runCli(['bench', '-u', url, ...short]);
    expect(await run.exited).toBe(1);
    expect(run.stdout).toContain('No request was completed');
    expect(run.stdout).toContain('The parrot is dead.');
  });

  it('keeps what it has measured when the server goes away, and ends with 3', async () => {
    const server = await foreign.start();
    const bench = new CliProcess(['bench', '-u', server.url, ...short, '--trials', '50', '--json']);
    await until(() => bench.hasExited || bench.stderr.includes('[1/50]'), 'the first run');
    await server.die();
    expect(await bench.exited).toBe(3);
    const { runs, interrupted, warnings } = resultOf(bench);
    expect(runs.length).toBeGreaterThanOrEqual(1);
    expect(interrupted).toBe(true);
    expect(warnings[0]).toContain('The bench ended early: ');
    // Depends on which request failed last: one that was being answered, or one that found no server.
    expect(bench.stderr).toMatch(/(Nothing listens at|The server at) 127\.0\.0\.1:\d+/);
  });

  it('that is not there ends with 3 and a sentence, whatever servers are told by the environment', async () => {
    const server = await foreign.start();
    const { url } = server;
    await server.die();
    const run = await runCli(['bench', '-u', url, ...short], { CHATSTREAM_MODEL: '/models/mine.gguf' });
    expect(await run.exited).toBe(3);
    expect(run.stdout).toBe('');
    expect(run.stderr).toMatch(
      /^error: http:\/\/127\.0\.0\.1:\d+ cannot be reached\. Nothing listens at [^\n]*\n[^\n]*--url[^\n]*\n$/,
    );
  });
});

describe.concurrent('a bench that is interrupted', () => {
  it('reports the part of the current run, leaves the server as it was, and ends with 130', async () => {
    const server = await startServer(['--engine', 'mock', '--mock-token', '1ms', '-n', '4']);
    const endless = ['-d', '10m', '--warmup', '0', '-n', '1,2'];
    const bench = new CliProcess(['bench', '-u', server.url, ...small, ...endless, '--json']);
    await until(async () => bench.hasExited || (await queueOf(server.url)).completed > 10, 'some requests');
    expect(await queueOf(server.url)).toMatchObject({ max_concurrency: 1 });
    bench.signal('SIGINT');
    await until(() => bench.hasExited, 'the bench to end');
    expect(await bench.exited, bench.stderr).toBe(130);
    const result = resultOf(bench);
    expect(result).toMatchObject({ interrupted: true, runs: [{ settings: { max_concurrency: 1 } }] });
    expect(result.runs[0]?.requests.completed).toBeGreaterThan(0);
    expect(await queueOf(server.url)).toMatchObject({ max_concurrency: 4 });
    expect(await server.stop()).toBe(0);
  });

  it('shows the runs that were finished, and leaves no server behind', async () => {
    const file = join(folder, 'interrupted.json');
    const bench = new CliProcess(['bench', ...short, ...mock, ...marked, '--trials', '100', '-o', file]);
    await until(() => bench.hasExited || bench.stderr.includes('[2/200]'), 'two runs');
    bench.signal('SIGINT');
    await until(() => bench.hasExited, 'the bench to end');
    expect(await bench.exited, bench.stderr).toBe(130);
    expect(bench.stdout).toContain('Interrupted: stopped after ');
    const { runs, target } = parseAs(resultSchema, JSON.parse(await readFile(file, 'utf8')));
    expect(runs.length).toBeGreaterThanOrEqual(2);
    expect(target.settings).toMatchObject({ max_queue: mark });
    expect(await markedServerAnswers(target.url)).toBe(false);
  });

  it.runIf(process.platform === 'linux')('leaves no server behind even if the bench is killed', async () => {
    const bench = new CliProcess(['bench', ...short, ...mock, '-n', '1', '--trials', '100']);
    await until(() => bench.hasExited || bench.stderr.includes('[1/100]'), 'a run');
    const servers = childrenOf(bench.pid, 'serve');
    expect(servers).toHaveLength(1);
    bench.signal('SIGKILL');
    await until(() => !servers.some(lives), 'its server to end');
  });

  it('says so if nothing has been measured yet', async () => {
    const server = await foreign.start((exchange) => exchange.beginStream());
    const bench = new CliProcess(['bench', '-u', server.url, ...short]);
    await until(() => server.exchanges.some(({ head }) => head.startsWith('POST ')), 'the first request');
    bench.signal('SIGINT');
    await until(() => bench.hasExited, 'the bench to end');
    expect(await bench.exited).toBe(130);
    expect(bench.stdout).toBe('');
    expect(bench.stderr).toContain('Stopped before anything was measured.');
  });
});
