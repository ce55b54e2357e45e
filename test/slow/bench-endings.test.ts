import { existsSync, rmSync, symlinkSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BenchResult, resultSchema } from '../../src/core/measurement/result-schema.js';
import { childrenOf, lives } from '../core/engine/process/processes.js';
import { ForeignServers, streamWords } from '../support/foreign-servers.js';
import { parseAs } from '../support/parse-as.js';
import { CliProcess, runCli } from '../support/server-process.js';
import { until } from '../support/until.js';

const small = ['-c', '2', '--output-tokens', '8', '--input-tokens', '8'];
const short = [...small, '-d', '150ms', '--warmup', '50ms'];
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

describe.concurrent('a bench on a server that it did not start', () => {
  it.runIf(existsSync('/dev/full'))(
    'reports that the disk got full while it wrote samples, and exits with 1',
    async () => {
      const samples = join(folder, 'full.jsonl');
      let isFull = false;
      const { url } = await foreign.start(async (exchange) => {
        if (!isFull) {
          isFull = true;
          rmSync(samples);
          symlinkSync('/dev/full', samples);
        }
        await streamWords(exchange);
      });
      const run = await runCli(['bench', '-u', url, ...short, '--samples', samples]);
      expect(await run.exited, run.stderr).toBe(1);
      expect(run.stdout).toContain('parrot · unknown');
      expect(run.stderr).toMatch(/Not all samples could be written to .*full\.jsonl: ENOSPC/);
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
