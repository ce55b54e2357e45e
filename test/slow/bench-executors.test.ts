import { expect, it } from 'vitest';
import { items, member } from '../../src/core/base/json.js';
import { type BenchResult, resultSchema } from '../../src/core/measurement/result-schema.js';
import { parseAs } from '../support/parse-as.js';
import { runCli, type ServerProcess, startServer } from '../support/server-process.js';

const mock = ['--engine', 'mock', '--mock-prefill', '1ms', '--mock-token', '1ms'];
const load = ['-c', '4', '-r', '32', '--warmup', '50ms', '--output-tokens', '8', '--input-tokens', '8'];

async function benched(server: ServerProcess, more: readonly string[]): Promise<BenchResult> {
  const run = await runCli(['bench', '--url', server.url, ...load, ...more, '--json']);
  expect(await run.exited, run.stderr).toBe(0);
  return parseAs(resultSchema, JSON.parse(run.stdout));
}

async function queueOf({ url }: ServerProcess): Promise<unknown> {
  const queue: unknown = await (await fetch(`${url}/v1/queue`)).json();
  return queue;
}

it('sweeps the places of several engines, says which of them answered, and sets the limit back', async () => {
  const server = await startServer([...mock, '--replicas', '2', '--slots', '4', '--max-concurrency', '3']);
  const { runs } = await benched(server, ['--max-concurrency', '1,4']);
  expect(runs.map(({ settings }) => settings.max_concurrency)).toEqual([1, 4]);
  const [, widest] = runs;
  expect(widest?.executors?.map(({ name }) => name).toSorted()).toEqual(['local-1', 'local-2']);
  for (const { executors = [], requests } of runs) {
    expect(executors.reduce((sum, { completed }) => sum + completed, 0)).toBe(requests.completed);
  }
  expect(await queueOf(server)).toMatchObject({ max_concurrency: 3 });
  expect(await server.stop()).toBe(0);
});

it('sweeps the line of the model that it asks for, and leaves those of others alone', async () => {
  const server = await startServer([...mock, '-m', 'chat=x', '-m', 'code=y', '--slots', '4', '--max-concurrency', '3']);
  const { runs } = await benched(server, ['--model-name', 'code', '--max-concurrency', '1,4']);
  expect(runs.map(({ settings }) => settings.max_concurrency)).toEqual([1, 4]);
  const queue = await queueOf(server);
  expect(items(member(queue, 'models'))).toMatchObject([
    { name: 'chat', max_concurrency: 3 },
    { name: 'code', max_concurrency: 3 },
  ]);
  expect(queue).toMatchObject({ totals: { failed: 0, refused: 0 } });
  expect(await server.stop()).toBe(0);
});
