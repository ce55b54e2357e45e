import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chat, createTestApp, type TestApp, until } from '../../../support/app.js';
import { ScriptedEngine } from '../../../support/scripted-engine.js';
import { openStream } from '../../../support/stream-client.js';
import { parseStream, type StreamPart } from '../../../support/stream-parts.js';

const engine = new ScriptedEngine();
let scripted: TestApp;
let mocked: TestApp;

beforeAll(async () => {
  scripted = await createTestApp({ makeEngine: () => engine });
  mocked = await createTestApp();
});

afterAll(async () => {
  await scripted.close();
  await mocked.close();
});

/** The stream, with everything that varies replaced by a constant. */
function normalised(body: string): string {
  return body
    .replaceAll(/"id":"[a-z]+-[0-9a-f-]+"/g, '"id":"ID"')
    .replaceAll(/"created":\d+/g, '"created":0')
    .replaceAll(/"fp_[0-9a-f]{10}"/g, '"FP"');
}

function types(parts: readonly StreamPart[]): string[] {
  return parts.map(({ type }) => type);
}

const chatHead =
  '{"id":"ID","object":"chat.completion.chunk","created":0,"model":"mock","system_fingerprint":"FP","choices":';

function chatDelta(delta: object, finishReason: string | null = null): string {
  return `data: ${chatHead}${JSON.stringify([{ index: 0, delta, logprobs: null, finish_reason: finishReason }])}`;
}

describe('a streamed chat', () => {
  it('is, byte for byte: a role, a text per round, a reason, the timings and the end mark', async () => {
    const { app, clock, inference } = mocked;
    const client = await openStream(app, chat('hi', { max_tokens: 3 }));
    await until(() => inference.running === 1);
    await clock.advanceAsync(19);
    expect(client.status).toBeUndefined();

    const first = `${chatDelta({ role: 'assistant', content: '' })}}\n\n${chatDelta({ content: '1' })}}\n\n`;
    await clock.advanceAsync(1);
    await client.arrived('"content":"1"');
    expect(normalised(client.body)).toBe(first);

    const second = `${chatDelta({ content: ' 2' })}}\n\n`;
    await clock.advanceAsync(10);
    await client.arrived('"content":" 2"');
    expect(normalised(client.body)).toBe(first + second);

    const timings =
      '{"queue_ms":0,"prefill_ms":20,"decode_ms":20,"prompt_tokens":21,"cached_tokens":0,"output_tokens":3}';
    const end = `${chatDelta({}, 'length')},"timings":${timings}}\n\ndata: [DONE]\n\n`;
    await clock.advanceAsync(10);
    await client.finished();
    expect(normalised(client.body)).toBe(`${first}${second}${chatDelta({ content: ' 3' })}}\n\n${end}`);
    expect(client.state).toBe('ended');
  });

  it('has the usage in a chunk of its own, which then carries the timings', async () => {
    const { app, flyUntil } = mocked;
    const client = await openStream(app, chat('hi', { max_tokens: 2, stream_options: { include_usage: true } }));
    const body = normalised(await flyUntil(client.finished()));
    const usage =
      '{"prompt_tokens":21,"completion_tokens":2,"total_tokens":23,"prompt_tokens_details":{"cached_tokens":0},"completion_tokens_details":{"reasoning_tokens":0}}';
    const timings =
      '{"queue_ms":0,"prefill_ms":20,"decode_ms":10,"prompt_tokens":21,"cached_tokens":0,"output_tokens":2}';
    const end = `${chatDelta({}, 'length')}}\n\ndata: ${chatHead}[],"usage":${usage},"timings":${timings}}\n\ndata: [DONE]\n\n`;
    expect(body.slice(-end.length)).toBe(end);
  });

  it('is an event stream that proxies may neither cache nor buffer', async () => {
    const { app, flyUntil } = mocked;
    const client = await openStream(app, chat('hi'));
    await flyUntil(client.finished());
    expect(client.status).toBe(200);
    expect(client.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      'x-accel-buffering': 'no',
    });
  });

  it('has one id, which /v1/queue shows while it runs', async () => {
    const { app, flyUntil, inference } = mocked;
    const client = await openStream(app, chat('hi'));
    await until(() => inference.running === 1);
    const id = inference.snapshot().running[0]?.id ?? '';
    const parts = parseStream(await flyUntil(client.finished()));
    expect(id).toMatch(/^chatcmpl-/);
    for (const part of parts) if (part.type === 'data') expect(part.data).toMatchObject({ id });
  });

  it('opens with its role even when there is no text', async () => {
    const { app, inference } = scripted;
    const client = await openStream(app, chat('hi'));
    await until(() => inference.running === 1);
    engine.end();
    const parts = parseStream(await client.finished());
    expect(types(parts)).toEqual(['data', 'data', 'done']);
    expect(parts[0]).toMatchObject({ data: { choices: [{ delta: { role: 'assistant', content: '' } }] } });
  });

  it('sends nothing for a token without text, which may be half a character', async () => {
    const { app, inference } = scripted;
    const client = await openStream(app, chat('hi'));
    await until(() => inference.running === 1);
    engine.say('');
    engine.say('');
    engine.end('é');
    const parts = parseStream(await client.finished());
    expect(types(parts)).toEqual(['data', 'data', 'data', 'done']);
    expect(parts.at(-2)).toMatchObject({ data: { timings: { output_tokens: 3 } } });
  });

  it('ends before a stop string', async () => {
    const { app, flyUntil } = mocked;
    const client = await openStream(app, chat('hi', { stop: [' 3'] }));
    const body = await flyUntil(client.finished());
    expect(body).toContain('" 2"');
    expect(body).not.toContain('3"},');
    expect(body).toContain('"finish_reason":"stop"');
  });
});

describe('a streamed completion', () => {
  it('is, byte for byte: a text per round, a reason, the timings and the end mark', async () => {
    const { app, flyUntil } = mocked;
    const client = await openStream(app, { prompt: 'hi', max_tokens: 2 }, {}, '/v1/completions');
    const body = normalised(await flyUntil(client.finished()));
    const head =
      'data: {"id":"ID","object":"text_completion","created":0,"model":"mock","system_fingerprint":"FP","choices":';
    const chunk = (text: string, reason: string): string =>
      `${head}[{"index":0,"text":"${text}","logprobs":null,"finish_reason":${reason}}]`;
    const timings =
      '{"queue_ms":0,"prefill_ms":20,"decode_ms":10,"prompt_tokens":2,"cached_tokens":0,"output_tokens":2}';
    expect(body).toBe(
      `${chunk('1', 'null')}}\n\n${chunk(' 2', 'null')}}\n\n` +
        `${chunk('', '"length"')},"timings":${timings}}\n\ndata: [DONE]\n\n`,
    );
  });
});

describe('a stream that fails', () => {
  it('before its first byte is answered with a status', async () => {
    const { app, inference } = scripted;
    const client = await openStream(app, chat('hi'));
    await until(() => inference.running === 1);
    engine.fail('engine_failed', 'The batch did not fit.');
    expect(JSON.parse(await client.finished())).toMatchObject({ error: { code: 'engine_failed' } });
    expect(client.status).toBe(500);
    expect(client.headers['content-type']).toBe('application/json; charset=utf-8');
  });

  it('after its first byte ends with the error as an event, and with the end mark', async () => {
    const { app, inference } = scripted;
    const client = await openStream(app, chat('hi'));
    await until(() => inference.running === 1);
    engine.say('one');
    engine.fail('engine_failed', 'The batch did not fit.');
    const parts = parseStream(await client.finished());
    expect(types(parts)).toEqual(['data', 'data', 'data', 'done']);
    expect(parts.at(-2)).toEqual({
      type: 'data',
      data: {
        error: { message: 'The batch did not fit.', type: 'server_error', param: null, code: 'engine_failed' },
      },
    });
    expect(client.state).toBe('ended');
  });

  it('because the engine is down says when to try again', async () => {
    const { app, inference } = scripted;
    const client = await openStream(app, chat('hi'));
    await until(() => inference.running === 1);
    engine.fail('engine_unavailable', 'The engine is down.');
    await client.finished();
    expect(client.status).toBe(503);
    expect(client.headers['retry-after']).toMatch(/^[1-9]\d?$/);
  });

  it('because the server shuts down keeps what was sent', async () => {
    const { app, inference } = scripted;
    const client = await openStream(app, chat('hi'));
    await until(() => inference.running === 1);
    engine.say('one');
    inference.abandonRunning();
    const parts = parseStream(await client.finished());
    expect(parts.at(1)).toMatchObject({ data: { choices: [{ delta: { content: 'one' } }] } });
    expect(parts.at(-2)).toMatchObject({ data: { error: { code: 'draining' } } });
    expect(parts.at(-1)).toEqual({ type: 'done' });
  });
});
