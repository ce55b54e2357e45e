import { expect, it } from 'vitest';
import { streamChat } from '../support/answer-stream.js';
import { RawClient } from '../support/raw-client.js';
import { startServer } from '../support/server-process.js';
import { until } from '../support/until.js';

// Where a process cannot be given fewer descriptors, there is nothing to run out of.
const hasUlimit = process.platform !== 'win32';

const openFiles = 256;
const idlers = 300;

it.runIf(hasUlimit)('more idle connections than descriptors stop neither requests nor the engine', async () => {
  const engine = ['--engine', 'mock', '--mock-token', '20ms', '--mock-reply', 'long'];
  const server = await startServer(engine, {}, { openFiles });
  const running = streamChat(server.url, 'Hello.', { max_tokens: 200 });
  await until(() => running.text !== '', 'the first text');

  const idle = Array.from({ length: idlers }, () => new RawClient(server.url));
  await until(() => idle.some(({ isClosed }) => isClosed), 'the server to have no more room');
  // At first all connections are new. As soon as they are not, the oldest make room.
  const isAnswered = async (): Promise<boolean> =>
    (await streamChat(server.url, 'Hello.', { max_tokens: 3 }).ended).isComplete;
  await until(isAnswered, 'an answer');

  const { enginePid } = server;
  process.kill(enginePid, 'SIGKILL');
  await until(() => server.enginePids.length === 2, 'the engine to be restarted');
  await running.ended;
  expect(running).toMatchObject({ isComplete: true, finishReason: 'length' });
  expect(await isAnswered()).toBe(true);

  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  const value = (name: string): number => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(metrics)?.[1]);
  expect(value('chatstream_max_http_connections')).toBeLessThan(openFiles);
  expect(value('chatstream_http_connections_closed_total\\{reason="idle"\\}')).toBeGreaterThan(0);

  for (const client of idle) client.vanish();
  expect(await server.stop()).toBe(0);
});
