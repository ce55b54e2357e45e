import { expect, it, onTestFinished } from 'vitest';
import { readStream, startRelay } from '../support/relay-server.js';
import { startServer } from '../support/server-process.js';
import { until } from '../support/until.js';

const clients = 24;
const words = 60;
const mock = ['--engine', 'mock', '--mock-reply', 'echo', '--mock-token', '20ms', '-n', '16'];

it('loses, doubles and misses nothing when one of two chatstream upstreams is killed in mid-stream', async () => {
  const [victim, survivor] = await Promise.all([startServer(mock), startServer(mock)]);
  const relay = await startRelay([`${victim.url},name=victim`, `${survivor.url},name=survivor`]);
  onTestFinished(async () => {
    await relay.drain(0);
  });
  const begun = new Map<string, number>();
  const answers = Array.from({ length: clients }, async (_, name) => {
    const content = Array.from({ length: words }, (__, index) => `${name}.${index}`).join(' ');
    const response = await relay.post({ model: 'mock', stream: true, messages: [{ role: 'user', content }] });
    const executor = response.headers.get('x-chatstream-executor') ?? '';
    begun.set(executor, (begun.get(executor) ?? 0) + 1);
    const stream = await response.text();
    expect(readStream(stream)).toEqual({ text: content, error: null });
    expect(stream.match(/"role":"assistant"/g)).toHaveLength(1);
    expect(new Set(stream.match(/"id":"chatcmpl-[^"]*"/g)).size).toBe(1);
    expect(stream).not.toMatch(/^: tokens/m);
    expect(stream).toMatch(/data: \[DONE\]\n\n$/);
  });
  const all = Promise.all(answers);
  await until(() => [...begun.values()].reduce((sum, count) => sum + count, 0) === clients, 'all streams to begin');
  // The survivor has fewer places than there are streams: some wait in the middle of their answers.
  expect(begun.get('victim')).toBeGreaterThan(0);
  await victim.stop('SIGKILL');
  await all;
  expect(await relay.get('/v1/queue')).toMatchObject({
    ...{ running: [], waiting: [] },
    totals: { completed: clients, failed: 0, refused: 0, timed_out: 0, cancelled: 0 },
  });
});
