import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import { childrenOf, lives } from '../core/engine/process/processes.js';
import { streamChat } from '../support/answer-stream.js';
import { eightClients } from '../support/eight-clients.js';
import { syntheticModel } from '../support/gguf/index.js';
import { parseAs } from '../support/parse-as.js';
import { queueOf, untilQueued } from '../support/queue-view.js';
import { startServer } from '../support/server-process.js';
import { until } from '../support/until.js';

describe('kill -9 of the engine process with 2 running and 6 waiting', () => {
  it('with the real engine leaves all 8 streams complete', async () => {
    const engine = ['--model', await unhurriedModel(), '--gpu', 'off', '--threads', '1', '--context', '4096'];
    const server = await startServer([...engine, '--max-concurrency', '2']);
    const maxTokens = 300;
    const streams = await eightClients(server.url, (client) => `This is client ${client}.`, {
      max_tokens: maxTokens,
      ignore_eos: true,
    });
    const begun = streams.map(({ text }) => text);
    process.kill(server.enginePid, 'SIGKILL');
    await Promise.all(streams.map(({ ended }) => ended));

    for (const [client, stream] of streams.entries()) {
      expect(stream).toMatchObject({ status: 200, isComplete: true, finishReason: 'length' });
      expect(stream.timings?.output_tokens).toBe(maxTokens);
      expect(stream.text.startsWith(begun[client] ?? '')).toBe(true);
    }
    await until(() => server.enginePids.length === 2, 'the second engine');
    expect(await untilQueued(server.url, 0, 0)).toMatchObject({ totals: { completed: 8, failed: 0 } });
    expect(await server.stop()).toBe(0);
  });

  it('leaves a JSON answer in mid-stream valid: its grammar goes on where it was', async () => {
    const shape = Type.Object(
      { moods: Type.Array(Type.Enum(['calm', 'stormy', 'changeable']), { minItems: 80, maxItems: 90 }) },
      { additionalProperties: false },
    );
    const server = await startServer(['--model', await unhurriedModel(), '--gpu', 'off', '--threads', '1']);
    const format = { type: 'json_schema', json_schema: { name: 'moods', schema: { ...shape } } };
    const stream = streamChat(server.url, 'How was the year?', { max_tokens: 3500, seed: 5, response_format: format });
    await until(() => stream.text.includes('"moods"'), 'the list to begin');
    process.kill(server.enginePid, 'SIGKILL');
    expect(await stream.ended).toMatchObject({ isComplete: true, finishReason: 'stop' });
    await until(() => server.enginePids.length === 2, 'the second engine');
    parseAs(shape, JSON.parse(stream.text));
    expect(await server.stop()).toBe(0);
  });

  it('again and again ends all, and the server reports it and lives on', async () => {
    const engine = ['--engine', 'mock', '--mock-reply', 'long', '--mock-token', '20ms', '--context', '1000000'];
    const server = await startServer([...engine, '--max-concurrency', '2']);
    const endless = { max_tokens: 900_000 };
    const running = [streamChat(server.url, 'Count.', endless), streamChat(server.url, 'Count.', endless)];
    await untilQueued(server.url, 2, 0);
    const announced = streamChat(server.url, 'Count.', { ...endless, stream_options: { include_queue: true } });
    await untilQueued(server.url, 2, 1);
    const waiting = Array.from({ length: 5 }, () => streamChat(server.url, 'Count.', endless));
    await untilQueued(server.url, 2, 6);

    for (let deaths = 1; deaths <= 4; deaths += 1) {
      await until(() => server.enginePids.length === deaths, `engine ${deaths}`);
      if (deaths === 1) await until(() => running.every(({ text }) => text !== ''), 'the text to begin');
      process.kill(server.enginePid, 'SIGKILL');
    }
    await Promise.all([...running, announced, ...waiting].map(({ ended }) => ended));

    const unavailable = { error: { code: 'engine_unavailable', type: 'service_unavailable_error' } };
    // Two deaths end a generation: the first two, and then the next two. The others still wait when it is given up.
    const diedTwice = { error: { code: 'engine_failed', type: 'server_error' } };
    for (const stream of running) {
      expect(stream).toMatchObject({ status: 200, isDone: true, failure: null, ...diedTwice });
      const count = stream.text.split(' ').length;
      expect(stream.text).toBe(Array.from({ length: count }, (_, index) => index + 1).join(' '));
    }
    expect(announced).toMatchObject({ status: 200, isDone: true, failure: null, ...diedTwice });
    const codes = waiting.map(({ error }) => error?.code);
    expect(codes.filter((code) => code === 'engine_failed').length).toBe(1);
    const turnedAway = waiting.filter(({ error }) => error?.code !== 'engine_failed');
    for (const stream of turnedAway) expect(stream).toMatchObject({ status: stream.refusalStatus, ...unavailable });
    const late = await streamChat(server.url, 'Count.').ended;
    expect(late).toMatchObject({ status: 503, ...unavailable });
    expect(Number(late.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);

    expect((await fetch(`${server.url}/livez`)).status).toBe(200);
    const readiness = await fetch(`${server.url}/readyz`);
    expect(readiness.status).toBe(503);
    expect(await readiness.json()).toMatchObject({ reason: expect.stringMatching(/^failed/) as unknown });
    expect((await fetch(`${server.url}/metrics`)).status).toBe(200);
    const queue = await queueOf(server.url);
    expect(queue).toMatchObject({ running: [], waiting: [], totals: { completed: 0, failed: 8, refused: 1 } });
    expect(await server.stop()).toBe(0);
  });
});

it('an engine process that hangs does not keep the server from ending', async () => {
  const engine = ['--engine', 'mock', '--mock-reply', 'long', '--mock-token', '20ms'];
  const server = await startServer([...engine, '--drain-timeout', '300ms']);
  const stream = streamChat(server.url, 'Count.', { max_tokens: 4000 });
  await until(() => stream.text !== '', 'the text to begin');
  const { enginePid } = server;
  process.kill(enginePid, 'SIGSTOP');
  expect(await server.stop()).toBe(0);
  expect(await stream.ended).toMatchObject({ isDone: true, error: { code: 'draining' } });
  await until(() => !lives(enginePid), 'the engine to end');
});

it('a prompt process that hangs is killed, while generations go on and the prompt waits for the next one', async () => {
  const model = ['--model', await unhurriedModel(), '--gpu', 'off', '--threads', '1', '--max-concurrency', '2'];
  const server = await startServer(model);
  const leave = new AbortController();
  const stream = streamChat(server.url, 'Hello.', { max_tokens: 3500, ignore_eos: true }, leave.signal);
  await until(() => stream.text !== '', 'the text to begin');
  const children = childrenOf(server.pid, '/process/host.js');
  const promptPid = children.find((pid) => pid !== server.enginePid);
  if (promptPid === undefined) throw new Error('There is no prompt process.');
  process.kill(promptPid, 'SIGSTOP');
  const next = streamChat(server.url, 'Hello.', { max_tokens: 3, ignore_eos: true });
  await until(async () => (await queueOf(server.url)).preparing === 1, 'the prompt to wait');
  const textBefore = stream.text;
  expect(await next.ended).toMatchObject({ status: 200, isComplete: true });
  expect(stream.text.length).toBeGreaterThan(textBefore.length);
  expect(stream.error).toBe(null);
  expect(lives(promptPid)).toBe(false);
  expect(server.enginePids.length).toBe(1);
  leave.abort();
  expect(await server.stop()).toBe(0);
});

/** Wide and deep enough to take a few milliseconds per token. */
function unhurriedModel(): Promise<string> {
  return syntheticModel({ dim: 256, layers: 8, ffn: 1024, context: 4096 });
}
