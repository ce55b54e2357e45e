import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resultSchema } from '../../src/core/measurement/result-schema.js';
import { ForeignServers } from '../support/foreign-servers.js';
import { parseAs } from '../support/parse-as.js';
import { runCli } from '../support/server-process.js';

// More ways in which a bench can end are in test/slow/bench-endings.test.ts.

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

describe.concurrent('a bench on a server of its own', () => {
  it('shows a table on stdout, how it went on stderr, and writes every kind of file', async () => {
    const files = ['json', 'csv', 'md', 'html', 'hgrm'].map((extension) => join(folder, `result.${extension}`));
    // As many requests as a median needs, however slow the machine is.
    const plan = [...small, '-r', '24', '--warmup', '0'];
    const run = await runCli(['bench', ...plan, ...mock, ...files.flatMap((file) => ['-o', file])]);
    expect(await run.exited, run.stderr).toBe(0);
    expect(run.stdout).toContain('mock · chatstream/');
    // On a machine with no time left for the load generator, the report says so and recommends nothing.
    expect(run.stdout).toMatch(/Recommended: max-concurrency \d|The load generator was saturated/);
    expect(run.stdout).not.toContain('\u001b');
    expect(run.stderr).toMatch(
      /^Starting a server with the mock engine …\n\[1\/2\] 2 clients and max-concurrency 1: .*\n\[2\/2\] 2 clients and max-concurrency 2: /,
    );

    const [json = '', csv = '', md = '', html = '', hgrm = ''] = await Promise.all(
      files.map((file) => readFile(file, 'utf8')),
    );
    const result = parseAs(resultSchema, JSON.parse(json));
    expect(result.runs).toHaveLength(2);
    expect(result.target.started_by_bench).toBe(true);
    expect(csv.trimEnd().split('\n').length).toBeGreaterThan(2);
    expect(md).toContain('| ');
    expect(html).toMatch(/^<!doctype html>/i);
    expect(hgrm).toContain('Percentile');
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
    const { runs, target } = parseAs(resultSchema, JSON.parse(await readFile(file, 'utf8')));
    expect(target.started_by_bench).toBeUndefined();
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
    [
      'samples in no folder',
      ['--samples', 'no/folder/samples.jsonl'],
      'no/folder/samples.jsonl cannot be written: there is no such file',
    ],
    [
      'prompts that are not there',
      ['--prompts', 'no/prompts.jsonl'],
      'no/prompts.jsonl cannot be read: there is no such file',
    ],
    ['a flag of another program', ['--request-rate', '4'], 'Here it is --rate; see --help.'],
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
