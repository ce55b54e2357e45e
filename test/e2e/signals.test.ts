import { describe, expect, it } from 'vitest';
import { lives } from '../core/engine/process/processes.js';
import { streamChat } from '../support/answer-stream.js';
import { syntheticModel } from '../support/gguf/index.js';
import { queueOf, untilQueued } from '../support/queue-view.js';
import { RawClient } from '../support/raw-client.js';
import { ServerProcess, startServer } from '../support/server-process.js';
import { until } from '../support/until.js';

const endless = { max_tokens: 1_000_000 };

/** A mock that counts, with one slot and a context that no test fills. */
function startCounting(...args: string[]): Promise<ServerProcess> {
  const engine = ['--engine', 'mock', '--mock-reply', 'long', '--mock-token', '5ms', '--context', '2000000'];
  return startServer([...engine, '--max-concurrency', '1', ...args]);
}

async function untilDraining(url: string): Promise<Response> {
  return until(async () => {
    const response = await fetch(`${url}/readyz`);
    return response.status === 503 && response;
  }, 'the drain to begin');
}

// Each has a server of its own, and waits more than it computes.
describe.concurrent.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('after %s', (signal) => {
  it('running requests finish, waiting and new ones are refused, and it ends with 0', async () => {
    const server = await startCounting('--drain-timeout', '10m');
    const before = new AbortController();
    streamChat(server.url, 'Count.', endless, before.signal);
    await untilQueued(server.url, 1, 0);
    const running = streamChat(server.url, 'Count.', { max_tokens: 300 });
    await untilQueued(server.url, 1, 1);
    const waiting = streamChat(server.url, 'Count.', endless);
    await untilQueued(server.url, 1, 2);
    const announced = streamChat(server.url, 'Count.', { ...endless, stream_options: { include_queue: true } });
    await until(() => announced.comments.length > 0, 'the comment');
    // The engine stands still until everything has been seen; otherwise it could finish before.
    process.kill(server.enginePid, 'SIGSTOP');
    before.abort();
    await untilQueued(server.url, 1, 2);

    server.signal(signal);
    expect(await (await untilDraining(server.url)).json()).toMatchObject({ reason: 'draining' });
    const notStarted = { code: 'draining', message: expect.stringContaining('was not started') as string };
    expect(await waiting.ended).toMatchObject({ status: waiting.refusalStatus, error: notStarted });
    if (waiting.status === 503) expect(Number(waiting.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(await announced.ended).toMatchObject({ status: 200, error: notStarted, isDone: true, text: '' });
    expect(await streamChat(server.url, 'Count.').ended).toMatchObject({ status: 503, error: { code: 'draining' } });
    expect((await fetch(`${server.url}/livez`)).status).toBe(200);
    expect(await untilQueued(server.url, 1, 0)).toMatchObject({ draining: true });

    process.kill(server.enginePid, 'SIGCONT');
    expect(await running.ended).toMatchObject({ isComplete: true, finishReason: 'length' });
    expect(running.text).toBe(Array.from({ length: 300 }, (_, index) => index + 1).join(' '));
    expect(await server.exited).toBe(0);
    await until(() => !lives(server.enginePid), 'the engine to end');
    const [, last] = server.stdout.trimEnd().split('\n');
    expect(JSON.parse(last ?? '')).toMatchObject({ event: 'stopped', abandoned: 0, totals: { completed: 1 } });
  });
});

it.concurrent('a second signal ends everything at once, with 130, and says what that cuts off', async () => {
  const server = await startCounting();
  const running = streamChat(server.url, 'Count.', endless);
  await until(() => running.text !== '', 'the text to begin');
  server.signal('SIGTERM');
  await untilDraining(server.url);
  expect(await server.stop('SIGINT')).toBe(130);
  expect(await running.ended).toMatchObject({ isDone: false });
  await until(() => !lives(server.enginePid), 'the engine to end');
  expect(server.stderr).toMatch(/"signal":"SIGINT","abandoned":1,"msg":"a second signal: the process ends now, and /);
});

it.concurrent('a SIGHUP that follows another signal changes nothing', async () => {
  const server = await startCounting();
  const running = streamChat(server.url, 'Count.', { max_tokens: 300 });
  await until(() => running.text !== '', 'the text to begin');
  // As systemd does with SendSIGHUP=yes, and a shell whose terminal is closed.
  server.signal('SIGHUP');
  await untilDraining(server.url);
  server.signal('SIGHUP');
  expect(await running.ended).toMatchObject({ isComplete: true, finishReason: 'length' });
  expect(await server.exited).toBe(0);
});

it.concurrent(
  '--drain-timeout cuts off running requests, with an error in the stream and an explicit end',
  async () => {
    const server = await startCounting('--drain-timeout', '300ms');
    const running = streamChat(server.url, 'Count.', endless);
    await until(() => running.text !== '', 'the text to begin');
    expect(await server.stop()).toBe(0);
    expect(await running.ended).toMatchObject({
      status: 200,
      isDone: true,
      failure: null,
      error: { code: 'draining' },
    });
    expect(server.stdout).toContain('"abandoned":1');
    expect(lives(server.enginePid)).toBe(false);
  },
);

it.concurrent('a reader that is slow still gets all of its answer', async () => {
  const server = await startServer([
    '--engine',
    'mock',
    '--mock-reply',
    'echo',
    '--mock-token',
    '1ms',
    '--context',
    '50000',
  ]);
  // Together far more than sockets buffer, so that the end of the answer has to wait in the server.
  const messages = [{ role: 'user', content: 'x'.repeat(20_000) }];
  const slow = new RawClient(server.url).pause();
  slow.post('/v1/chat/completions', { messages, stream: true, max_tokens: 600, ignore_eos: true });
  await until(async () => {
    const { running, totals } = await queueOf(server.url);
    return running.length + totals.completed === 1;
  }, 'the request to run');
  server.signal('SIGTERM');
  await until(() => server.stderr.includes('"outcome":"completed"'), 'the generation to end');
  slow.resume();
  await slow.closed;
  expect(slow.received.length).toBeGreaterThan(600 * 20_000);
  expect(slow.received).toMatch(/data: \[DONE\]\n\n\r\n0\r\n\r\n$/);
  expect(await server.exited).toBe(0);
});

it.concurrent('connections that wait for nothing do not hold up the end', async () => {
  const server = await startCounting();
  const idle = new RawClient(server.url).write('GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await until(() => idle.received.includes('alive'), 'the answer');
  // Browsers open some beforehand, and others break off in the middle of a request.
  const silent = new RawClient(server.url);
  const halfway = new RawClient(server.url).write('POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n');
  expect(await server.stop()).toBe(0);
  await Promise.all([idle.closed, silent.closed, halfway.closed]);
});

// Tried again if the machine stalled between the two: it may be ready then, and drains.
it.concurrent('a signal while the model is being loaded is obeyed before it is ready', { retry: 4 }, async () => {
  const args = ['--model', await syntheticModel(), '--gpu', 'off', '--port', '0', '--json'];
  const server = new ServerProcess(['serve', ...args]);
  await until(() => server.stderr.includes('listening: '), 'the load to begin');
  expect(await server.stop()).toBe(130);
  expect(server.stdout).not.toContain('"ready"');
});
