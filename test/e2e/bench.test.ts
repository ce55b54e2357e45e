import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BenchResult, resultSchema } from '../../src/core/measurement/result-schema.js';
import { ForeignServers } from '../support/foreign-servers.js';
import { parseAs } from '../support/parse-as.js';
import { CliProcess, runCli, startServer } from '../support/server-process.js';
import { until } from '../support/until.js';

// More ways in which a bench can end are in test/slow/bench-endings.test.ts.

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

async function queueOf(url: string): Promise<{ readonly max_concurrency: number; readonly completed: number }> {
  const view: unknown = await (await fetch(`${url}/v1/queue`)).json();
  const { max_concurrency, totals } = view as { max_concurrency: number; totals: { completed: number } };
  return { max_concurrency, completed: totals.completed };
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

describe.concurrent('a bench on a server of its own', () => {
  it('shows a table on stdout, how it went on stderr, and writes every kind of file', async () => {
    const files = ['json', 'csv', 'md', 'html', 'hgrm'].map((extension) => join(folder, `result.${extension}`));
    // As many requests as a median needs, however slow the machine is.
    const plan = [...small, '-r', '24', '--warmup', '0'];
    const run = await runCli(['bench', ...plan, ...mock, ...files.flatMap((file) => ['-o', file])]);
    expect(await run.exited, run.stderr).toBe(0);
    expect(run.stdout).toContain('mock · chatstream/');
    // On a machine with no time left for the load generator, the report says so and recommends nothing.
    expect(run.stdout).toMatch(/Recommended: max-concurrency \d, because|The load generator was saturated/);
    expect(run.stdout).not.toContain('\u001b');
    expect(run.stderr).toMatch(
      /^Starting a server with the mock engine …\n\[1\/2\] 2 clients and max-concurrency 1: .*\n\[2\/2\] 2 clients and max-concurrency 2: /,
    );

    const [json = '', csv = '', md = '', html = '', hgrm = ''] = await Promise.all(
      files.map((file) => readFile(file, 'utf8')),
    );
    expect(parseAs(resultSchema, JSON.parse(json)).runs).toHaveLength(2);
    expect(csv.trimEnd().split('\n').length).toBeGreaterThan(2);
    expect(md).toContain('| ');
    expect(html).toMatch(/^<!doctype html>/i);
    expect(hgrm).toContain('Percentile');
  });

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
      expect(requests).toMatchObject({ refused: 0, failed: 0, timed_out: 0, errors: {} });
      expect(requests.completed).toBeGreaterThanOrEqual(2);
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

describe('a bench on a server that it did not start', () => {
  it('works without timings and usage, and shows that the queue wait is not known', async () => {
    const { url } = await foreign.start();
    const file = join(folder, 'foreign.json');
    const run = await runCli(['bench', '-u', `${url}/v1`, ...short, '-n', '4', '-o', file]);
    expect(await run.exited, run.stderr).toBe(0);
    expect(run.stdout).toContain('parrot · unknown');
    expect(run.stdout).toMatch(/queue wait.*unavailable|unavailable.*queue wait/i);
    expect(run.stdout).toContain('max-concurrency cannot be set from here');
    const { runs } = parseAs(resultSchema, JSON.parse(await readFile(file, 'utf8')));
    expect(runs).toHaveLength(1);
    expect(runs[0]).toMatchObject({
      settings: { concurrency: 2, max_concurrency: null },
      output_tokens_source: 'chunks',
      metrics: { queue_wait: { source: 'unavailable', count: 0, mean: null, p50: null } },
    });
  });
});

describe.concurrent('a bench that is asked for what cannot be done', () => {
  it.each([
    ['a file of an unknown kind', ['-o', 'result.pdf'], 'result.pdf has an unsupported extension.'],
    ['a model for a server that runs', ['--model', 'model.gguf'], '--model is for a server that the bench starts'],
    ['a result in no folder', ['-o', 'no/folder/result.json'], 'no/folder/result.json cannot be written'],
    ['samples in no folder', ['--samples', 'no/folder/samples.jsonl'], 'The samples cannot be written'],
    ['prompts that are not there', ['--prompts', 'no/prompts.jsonl'], 'The prompts cannot be read'],
    ['a flag that does not exist', ['--max-concurency', '4'], 'Did you mean --max-concurrency?'],
  ])('says so before anything is sent: %s', async (_name, argv, message) => {
    const server = await foreign.start();
    const run = await runCli(['bench', '-u', server.url, '-d', '150ms', ...argv]);
    expect(await run.exited).toBe(2);
    expect(run.stderr).toContain(message);
    expect(run.stdout).toBe('');
    expect(server.exchanges).toEqual([]);
  });
});

describe('a bench that is interrupted', () => {
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
});
