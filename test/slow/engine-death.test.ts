import { describe, expect, it } from 'vitest';
import { childrenOf, lives } from '../core/engine/process/processes.js';
import { streamChat } from '../support/answer-stream.js';
import { countBegun, eightClients } from '../support/eight-clients.js';
import { syntheticModel } from '../support/gguf/index.js';
import { queueOf, resizeQueue } from '../support/queue-view.js';
import { startServer } from '../support/server-process.js';
import { until } from '../support/until.js';

const words = 60;

/** What the processes of an engine run. */
const engineScript = '/process/host.js';

/** A text that tells its client and every one of its words from all others. */
function messageOf(client: number): string {
  return Array.from({ length: words }, (_, word) => `${client}.${word}`).join(' ');
}

// The tests wait more than they compute: side by side they take as long as the longest.
describe.concurrent('kill -9 of the engine process with 2 running and 6 waiting', () => {
  it('leaves all 8 streams whole: no text is doubled or missing', async () => {
    const engine = ['--engine', 'mock', '--mock-reply', 'echo', '--mock-prefill', '5ms', '--mock-token', '15ms'];
    const server = await startServer([...engine, '--slots', '8', '--max-concurrency', '8']);
    const undisturbed = Array.from({ length: 8 }, (_, client) => streamChat(server.url, messageOf(client)));
    await Promise.all(undisturbed.map(({ ended }) => ended));
    expect(undisturbed.map(({ text }) => text)).toEqual(undisturbed.map((_, client) => messageOf(client)));

    await resizeQueue(server.url, { max_concurrency: 2 });
    const streams = await eightClients(server.url, messageOf, {});
    process.kill(server.enginePid, 'SIGKILL');
    await until(() => server.enginePids.length === 2, 'the second engine');
    // Once more, while others run: no answer survives two deaths.
    const haveEnded = (): number => streams.filter(({ isComplete }) => isComplete).length;
    await until(() => haveEnded() >= 2 && countBegun(streams) > haveEnded(), 'two others to have text');
    process.kill(server.enginePid, 'SIGKILL');
    await until(() => server.enginePids.length === 3, 'the third engine');
    await Promise.all(streams.map(({ ended }) => ended));

    expect(streams.map(({ text }) => text)).toEqual(undisturbed.map(({ text }) => text));
    for (const stream of streams) {
      expect(stream).toMatchObject({ status: 200, isComplete: true, finishReason: 'stop' });
      expect(stream.timings?.output_tokens).toBe(words);
    }
    expect(await queueOf(server.url)).toMatchObject({
      running: [],
      waiting: [],
      totals: { completed: 16, cancelled: 2, failed: 0 },
    });
    expect(new Set(server.enginePids).size).toBe(3);
    expect(server.enginePids.slice(0, 2).some(lives)).toBe(false);
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toMatch(/^chatstream_engine_restarts_total 2$/m);
    expect(await server.stop()).toBe(0);
  });
});

describe.concurrent.each(['mock', 'llama'] as const)('kill -9 of the main process, engine %s', (engine) => {
  it('leaves no engine process behind', async () => {
    const path = await syntheticModel({ context: 32_768 });
    const model = engine === 'mock' ? [] : ['--model', path, '--gpu', 'off', '--threads', '1'];
    const server = await startServer(['--engine', engine, ...model, '--context', '32768', '--max-concurrency', '1']);
    const stream = streamChat(server.url, 'Hello.', { max_tokens: 32_000, ignore_eos: true });
    await until(() => stream.text !== '', 'the text to begin');
    const children = childrenOf(server.pid, engineScript);
    expect(children.length).toBe(engine === 'mock' ? 1 : 2);
    expect(children).toContain(server.enginePid);
    expect(await server.stop('SIGKILL')).toBeNull();
    await until(() => !children.some(lives), 'the engine to end');
    expect(await stream.ended).toMatchObject({ isDone: false });
  });
});

describe.concurrent('kill -9 of the prompt process', () => {
  it('does not disturb a generation, and the next prompt waits for a new process', async () => {
    const model = ['--model', await syntheticModel({ context: 32_768 }), '--gpu', 'off', '--threads', '1'];
    const server = await startServer([...model, '--context', '32768', '--max-concurrency', '2']);
    const leave = new AbortController();
    const endless = { max_tokens: 32_000, ignore_eos: true };
    const stream = streamChat(server.url, 'Hello.', endless, leave.signal);
    await until(() => stream.text !== '', 'the text to begin');
    const [promptPid = 0] = childrenOf(server.pid, engineScript).filter((pid) => pid !== server.enginePid);
    process.kill(promptPid, 'SIGKILL');
    const textBefore = stream.text;
    const next = await streamChat(server.url, 'Hello.', { max_tokens: 3, ignore_eos: true }).ended;
    expect(next).toMatchObject({ status: 200, isComplete: true });
    await until(() => stream.text.length > textBefore.length, 'the text to go on');
    expect(stream.error).toBe(null);
    leave.abort();
    expect(server.enginePids.length).toBe(1);
    expect(server.log).toContainEqual(
      expect.objectContaining({
        msg: 'prompt process died and is being restarted',
        reason: expect.stringMatching(/^The prompt process was killed/) as unknown,
      }),
    );
    expect(await (await fetch(`${server.url}/metrics`)).text()).toMatch(/^chatstream_engine_restarts_total 1$/m);
    expect(await server.stop()).toBe(0);
  });
});
