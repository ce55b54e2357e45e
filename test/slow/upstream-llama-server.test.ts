import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Type } from 'typebox';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { items, member } from '../../src/core/base/json.js';
import { LlamaServer } from '../support/llama-server.js';
import { parseAs } from '../support/parse-as.js';
import { readStream } from '../support/relay-server.js';
import { ServerProcess } from '../support/server-process.js';
import { StreamClient } from '../support/stream-client.js';
import { until } from '../support/until.js';

const binary = process.env['LLAMA_SERVER'] ?? '';
const model = join(process.env['CHATSTREAM_TEST_MODELS'] ?? '', 'smollm2-135m-instruct-q4_1.gguf');
const needs =
  '(needs LLAMA_SERVER, a llama-server binary, and CHATSTREAM_TEST_MODELS, a folder filled by scripts/fetch-test-models.sh)';

const slots = 2;
const contextPerSlot = 4096;
/** Takes many seconds even on a quick machine: long enough to do something meanwhile. */
const long = { max_tokens: 3500, ignore_eos: true };

const aWord: unknown = expect.stringMatching(/\w/);

describe.skipIf(binary === '' || !existsSync(model))(`a real llama-server as upstream ${needs}`, () => {
  let llama: LlamaServer;
  let relay: ServerProcess;
  let url: string;
  beforeAll(async () => {
    const size = ['--parallel', String(slots), '--ctx-size', String(slots * contextPerSlot)];
    llama = await LlamaServer.start(binary, ['--model', model, '--alias', 'smollm2', '--threads', '1', ...size]);
    relay = new ServerProcess(['serve', '--json', '--port', '0', '--upstream', `${llama.url},name=llama`]);
    await until(() => relay.stdout.includes('\n'), 'the server in front');
    ({ url } = parseAs(Type.Object({ url: Type.String() }), JSON.parse(relay.stdout.split('\n', 1)[0] ?? '')));
  }, 300_000);
  afterAll(async () => {
    await relay.stop();
    await llama.kill();
  });

  const get = async (path: string): Promise<unknown> => {
    const value: unknown = await (await fetch(url + path)).json();
    return value;
  };
  const upstream = async (): Promise<unknown> => items(member(await get('/v1/upstreams'), 'data'))[0];
  const totals = async (): Promise<unknown> => member(await get('/v1/queue'), 'totals');

  const bodyOf = (content: string, more: object): object => ({
    model: 'smollm2',
    messages: [{ role: 'user', content }],
    ...more,
  });
  const post = (content: string, more: object): Promise<Response> =>
    fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(bodyOf(content, more)),
    });
  /** Its client leaves at the end of the test at the latest. */
  const openStream = (content: string, more: object = {}): StreamClient => {
    const body = bodyOf(content, { stream: true, ...more });
    const client = new StreamClient(Number(new URL(url).port), '/v1/chat/completions', body, {});
    onTestFinished(() => {
      client.leave();
    });
    return client;
  };
  const textOf = ({ body }: StreamClient): string => readStream(body).text;
  const begun = async (client: StreamClient): Promise<void> => {
    await until(() => textOf(client) !== '', 'the text to begin');
  };
  const untilSlotsWork = (count: number): Promise<true> =>
    until(
      async () => (await llama.slots()).filter(({ isProcessing }) => isProcessing).length === count,
      `${count} of its slots to work`,
    );

  it('is recognised, with its model and its slots as places', async () => {
    expect(await upstream()).toMatchObject({
      ...{ name: 'llama', kind: 'llama-server', status: 'ready', reason: null },
      ...{ places: slots, running: 0, models: ['smollm2'], resting: [] },
    });
    expect(await get('/v1/models')).toMatchObject({ data: [{ id: 'smollm2' }] });
  });

  it('answers as one body and as a stream, and its tokens are counted', async () => {
    const short = { max_tokens: 16, ignore_eos: true };
    const whole = await post('Name three colours.', short);
    expect(whole.status).toBe(200);
    expect(whole.headers.get('x-chatstream-executor')).toBe('llama');
    expect(await whole.json()).toMatchObject({
      choices: [{ message: { role: 'assistant', content: aWord }, finish_reason: 'length' }],
      usage: { completion_tokens: 16 },
    });
    expect(await get('/v1/queue')).toMatchObject({ tokens: { output: 16 }, totals: { completed: 1 } });

    const stream = await post('Name three rivers.', { ...short, stream: true });
    expect(stream.status).toBe(200);
    expect(stream.headers.get('content-type')).toMatch('text/event-stream');
    const events = await stream.text();
    expect(readStream(events)).toEqual({ text: aWord, error: null });
    expect(events.endsWith('data: [DONE]\n\n')).toBe(true);
    expect(await get('/v1/queue')).toMatchObject({ tokens: { output: 32 }, totals: { completed: 2, failed: 0 } });
  });

  it('gets no more requests than it has slots: the next one waits here, and is told its position', async () => {
    const running = [openStream('Count.', long), openStream('Count again.', long)];
    await Promise.all(running.map(begun));
    const third = openStream('Say hello.', { max_tokens: 8, stream_options: { include_queue: true } });
    await third.arrived(': queued position=1');
    expect(await get('/v1/queue')).toMatchObject({
      running: [{ executor: 'llama' }, { executor: 'llama' }],
      waiting: [{ position: 1 }],
    });
    expect(await upstream()).toMatchObject({ places: slots, running: slots });
    await untilSlotsWork(slots);
    expect(textOf(third)).toBe('');

    running[0]?.leave();
    await begun(third);
    expect(running[1]?.state).toBe('open');
    expect(readStream(await third.finished()).error).toBe(null);
    running[1]?.leave();
    await untilSlotsWork(0);
  });

  it('stops generating when the client leaves', async () => {
    const client = openStream('Tell a story.', long);
    await begun(client);
    await untilSlotsWork(1);
    const leftMs = performance.now();
    client.leave();
    await untilSlotsWork(0);
    console.log(`its slot was free ${Math.round(performance.now() - leftMs)} ms after the client had left`);
    for (const { decoded } of await llama.slots()) expect(decoded).toBeLessThan(long.max_tokens);
    await until(async () => member(await upstream(), 'running') === 0, 'the place here to be free');
  });

  it.each([{ stream: false }, { stream: true }])('refuses a prompt that is too long itself: %o', async (kind) => {
    const before = await totals();
    const response = await post('word '.repeat(2 * contextPerSlot), kind);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: 400, type: 'exceed_context_size_error' } });
    expect(await totals()).toEqual({ ...Object(before), refused: Number(member(before, 'refused')) + 1 });
    expect(await upstream()).toMatchObject({ status: 'ready', running: 0 });
  });

  it('ends its streams with an error when it is killed, is down then, and is used when it is back', async () => {
    const client = openStream('Count.', long);
    await begun(client);
    const before = textOf(client);
    await llama.kill();
    const { text, error } = readStream(await client.finished());
    expect(client.state).toBe('ended');
    expect(error).toBe('upstream_failed');
    expect(text.startsWith(before)).toBe(true);
    await until(async () => member(await upstream(), 'status') === 'down', 'it to be down');
    expect(await upstream()).toMatchObject({ running: 0, reason: expect.any(String) as unknown });

    await llama.start();
    await until(async () => member(await upstream(), 'status') !== 'down', 'it to be found again');
    const answer = await post('Say hello.', { max_tokens: 8 });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-chatstream-executor')).toBe('llama');
    await until(async () => member(await upstream(), 'status') === 'ready', 'it to be ready');
    expect(await upstream()).toMatchObject({ kind: 'llama-server', places: slots, running: 0 });
  });
});
