import { describe, expect, it } from 'vitest';
import { streamChat } from '../support/answer-stream.js';
import { syntheticModel } from '../support/gguf/index.js';
import { queueOf } from '../support/queue-view.js';
import { type ServerProcess, startServer } from '../support/server-process.js';
import { until } from '../support/until.js';

/** Two engines with two places each: four clients run, four wait. */
const replicas = ['--replicas', '2', '--max-concurrency', '4'];

/** The first process of an engine, by the log. */
function pidOf(server: ServerProcess, executor: string): number {
  for (const line of server.log) {
    if (typeof line !== 'object' || line === null || !('executor' in line && 'pid' in line)) continue;
    if (line.executor === executor && typeof line.pid === 'number') return line.pid;
  }
  throw new Error(`There is no ${executor}.`);
}

describe.concurrent('kill -9 of one of two engines while four streams run and four wait', () => {
  it('leaves all texts whole with the mock, and the queue says who generates', async () => {
    const words = 80;
    const messageOf = (client: number): string =>
      Array.from({ length: words }, (_, word) => `${client}.${word}`).join(' ');
    const engine = ['--engine', 'mock', '--mock-reply', 'echo', '--mock-token', '20ms'];
    const server = await startServer([...engine, ...replicas]);
    await until(() => server.enginePids.length === 2, 'both engines');
    const streams = Array.from({ length: 8 }, (_, client) => streamChat(server.url, messageOf(client)));
    await until(async () => {
      const { running } = await queueOf(server.url);
      const names = running.map(({ executor }) => executor).filter((name) => name !== undefined);
      return names.toSorted().join() === 'local-1,local-1,local-2,local-2';
    }, 'two to run in each engine');
    await until(() => streams.filter(({ text }) => text !== '').length >= 4, 'the first four to have text');
    process.kill(pidOf(server, 'local-1'), 'SIGKILL');
    await until(() => server.enginePids.length === 3, 'the next process of the first engine');
    await Promise.all(streams.map(({ ended }) => ended));

    expect(streams.map(({ text }) => text)).toEqual(streams.map((_, client) => messageOf(client)));
    for (const stream of streams) expect(stream).toMatchObject({ isComplete: true, finishReason: 'stop' });
    expect(await queueOf(server.url)).toMatchObject({
      max_concurrency: 4,
      executors: [
        { name: 'local-1', kind: 'mock', status: 'ready', places: 2, running: 0 },
        { name: 'local-2', kind: 'mock', status: 'ready', places: 2, running: 0 },
      ],
      totals: { completed: 8, failed: 0 },
    });
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toMatch(/^chatstream_executor_places\{executor="local-2"\} 2$/m);
    expect(metrics).toMatch(/^chatstream_executor_healthy\{executor="local-1"\} 1$/m);
    expect(metrics).toMatch(/^chatstream_engine_restarts_total 1$/m);
    expect(await server.stop()).toBe(0);
  });

  it('leaves all answers whole with a model', async () => {
    const model = ['--model', await syntheticModel({ context: 4096 }), '--gpu', 'off', '--threads', '2'];
    const server = await startServer([...model, '--context', '1024', '--prompt-cache', '0', ...replicas]);
    await until(() => server.enginePids.length === 2, 'both engines');
    const maxTokens = 400;
    const streams = Array.from({ length: 8 }, (_, client) =>
      streamChat(server.url, `Client ${client}.`, { max_tokens: maxTokens, ignore_eos: true }),
    );
    await until(() => streams.filter(({ text }) => text !== '').length >= 4, 'the first four to have text');
    const begun = streams.map(({ text }) => text);
    process.kill(pidOf(server, 'local-1'), 'SIGKILL');
    await Promise.all(streams.map(({ ended }) => ended));
    for (const [client, stream] of streams.entries()) {
      expect(stream).toMatchObject({ isComplete: true, finishReason: 'length' });
      expect(stream.timings?.output_tokens).toBe(maxTokens);
      expect(stream.text.startsWith(begun[client] ?? '')).toBe(true);
    }
    expect(await queueOf(server.url)).toMatchObject({ totals: { completed: 8, failed: 0 } });
    expect(await server.stop()).toBe(0);
  });
});
