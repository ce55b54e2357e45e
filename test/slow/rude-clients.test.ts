import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { streamChat } from '../support/answer-stream.js';
import { syntheticModel } from '../support/gguf/index.js';
import { queueOf, untilQueued } from '../support/queue-view.js';
import { RawClient } from '../support/raw-client.js';
import { type Random, seededRandom } from '../support/seeded-random.js';
import { startServer } from '../support/server-process.js';
import { until } from '../support/until.js';

const path = '/v1/chat/completions';

describe('200 clients that connect and vanish at random moments', () => {
  it.each(['mock', 'llama'] as const)('leave nothing behind, engine %s', async (engine) => {
    const mock = ['--mock-prefill', '5ms', '--mock-token', '2ms'];
    const llama = ['--model', await syntheticModel(), '--gpu', 'off', '--threads', '1', '--context', '512'];
    const queue = ['--max-concurrency', '4', '--max-queue', '50'];
    const server = await startServer(['--engine', engine, ...(engine === 'mock' ? mock : llama), ...queue]);
    const random = seededRandom(2023);

    await Promise.all(Array.from({ length: 200 }, () => visit(server.url, random)));
    await untilQueued(server.url, 0, 0);
    expect(await streamChat(server.url, 'Hello.', { max_tokens: 5 }).ended).toMatchObject({ isComplete: true });

    const { totals } = await queueOf(server.url);
    expect(totals).toMatchObject({ failed: 0, timed_out: 0 });
    expect(totals.completed).toBeGreaterThanOrEqual(1);
    expect(totals.cancelled).toBeGreaterThan(0);
    expect(server.enginePids).toHaveLength(1);
    expect(await server.stop()).toBe(0);
  });
});

/** Comes after up to a second, and leaves after up to 300 ms: before its request is complete, waiting, or in mid-stream. */
async function visit(url: string, random: Random): Promise<void> {
  const [arrival, stay, share, kind] = [random() * 1000, random() * 300, random(), random()];
  await pause(arrival);
  const client = new RawClient(url);
  const messages = [{ role: 'user', content: 'Hello! '.repeat(10) }];
  const body = JSON.stringify({ messages, max_tokens: 400, ignore_eos: true, stream: kind < 0.8 });
  const request = `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  // A fifth of them do not even finish their request.
  client.write(share < 0.2 ? request.slice(0, request.length * share * 5) : request);
  await pause(stay);
  client.vanish();
  await client.closed;
}

describe('50 clients that never read', () => {
  it('are cut off, and change nothing for those that do', { timeout: 240_000 }, async () => {
    const engine = ['--engine', 'mock', '--mock-reply', 'echo', '--mock-token', '4ms', '--context', '50000'];
    const server = await startServer([...engine, '--max-concurrency', '56', '--write-timeout', '1s']);
    // 1 MB per second for each of them: the sockets' buffers are full in a few seconds.
    const content = 'x'.repeat(4000);
    const deaf = Array.from({ length: 50 }, () => {
      const body = { messages: [{ role: 'user', content }], stream: true, max_tokens: 40_000, ignore_eos: true };
      return new RawClient(server.url).pause().post(path, body);
    });
    // Some may have been cut off already when this process checks.
    await until(async () => {
      const { running, totals } = await queueOf(server.url);
      return running.length + totals.cancelled === deaf.length;
    }, 'all of them to run');

    // These take longer than it takes to cut the others off.
    const said = (client: number): string => Array.from({ length: 2000 }, (_, word) => `${client}.${word}`).join(' ');
    const listening = Array.from({ length: 5 }, (_, client) =>
      streamChat(server.url, said(client), { max_tokens: 2500 }),
    );
    await until(
      async () => {
        const queue = await queueOf(server.url);
        return queue.totals.cancelled >= deaf.length && queue;
      },
      'all that do not read to be cut off',
      180_000,
    );
    await Promise.all(listening.map(({ ended }) => ended));
    for (const [client, stream] of listening.entries()) {
      expect(stream).toMatchObject({ status: 200, isComplete: true, finishReason: 'stop' });
      expect(stream.text).toBe(said(client));
    }
    const { totals } = await untilQueued(server.url, 0, 0);
    expect(totals).toMatchObject({ completed: 5, cancelled: 50, failed: 0 });
    for (const client of deaf) client.resume();
    await Promise.all(deaf.map(({ closed }) => closed));
    expect(deaf.some(({ received }) => received.includes('[DONE]'))).toBe(false);
    expect(await streamChat(server.url, 'Hello.').ended).toMatchObject({ text: 'Hello.', isComplete: true });
    expect(server.enginePids).toHaveLength(1);
    expect(await server.stop()).toBe(0);
  });
});
