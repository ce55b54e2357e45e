import { describe, expect, it } from 'vitest';
import { chat, type LogLine, type TestApp, testApp, until } from '../../support/app.js';
import { ScriptedEngine } from '../../support/scripted-engine.js';
import { openStream } from '../../support/stream-client.js';

const path = '/v1/chat/completions';

/** The lines that say how requests ended. */
function settled({ log }: TestApp): LogLine[] {
  return log.filter(({ outcome }) => outcome !== undefined);
}

/** A server with one place to run, which is taken for a second. */
async function busy(queueTimeoutMs = 60_000, maxQueue = 1): Promise<TestApp> {
  const made = await testApp({
    engine: { reply: 'long', prefillMs: 1000 },
    queue: { maxConcurrency: 1, maxQueue, queueTimeoutMs },
  });
  void made.ask(path, chat('hi', { max_tokens: 1 }));
  await until(() => made.inference.running === 1);
  return made;
}

const nothing = {
  queue_ms: 0,
  prefill_ms: 0,
  decode_ms: 0,
  e2e_ms: 0,
  prompt_tokens: 0,
  cached_tokens: 0,
  output_tokens: 0,
};

describe('the log', () => {
  it('has one line for a completed request, with its timings and the id of its answer', async () => {
    const made = await testApp();
    const answer = await made.post(path, chat('hi', { max_tokens: 3 }));
    const { id } = answer.json<{ id: string }>();
    expect(settled(made)).toEqual([
      {
        time: expect.any(Number) as number,
        level: 'info',
        msg: 'request completed',
        id,
        request_id: answer.headers['x-request-id'],
        outcome: 'completed',
        queue_ms: 0,
        prefill_ms: 20,
        decode_ms: 20,
        e2e_ms: 40,
        prompt_tokens: 21,
        cached_tokens: 0,
        output_tokens: 3,
      },
    ]);
  });

  it('says refused of a request that found the queue full', async () => {
    const made = await busy(60_000, 0);
    await made.ask(path, chat('hi'));
    expect(settled(made)).toMatchObject([{ level: 'info', outcome: 'refused', code: 'queue_full', ...nothing }]);
  });

  it('says refused of a request that waited when the server began to drain', async () => {
    const made = await busy();
    void made.ask(path, chat('hi'));
    await until(() => made.inference.waiting === 1);
    await made.clock.advanceAsync(70);
    void made.inference.drain();
    expect(settled(made)).toMatchObject([{ outcome: 'refused', code: 'draining', queue_ms: 70, prompt_tokens: 21 }]);
  });

  it('says timed_out of a request that waited too long', async () => {
    const made = await busy(500);
    void made.ask(path, chat('hi'));
    await until(() => made.inference.waiting === 1);
    await made.clock.advanceAsync(500);
    expect(settled(made)).toMatchObject([
      { level: 'info', outcome: 'timed_out', code: 'queue_timeout', queue_ms: 500, prefill_ms: 0, output_tokens: 0 },
    ]);
  });

  it('says cancelled_waiting of a client that left the queue', async () => {
    const made = await busy();
    const client = await openStream(made.app, chat('hi'));
    await until(() => made.inference.waiting === 1);
    await made.clock.advanceAsync(60);
    client.leave();
    await until(() => made.inference.waiting === 0);
    expect(settled(made)).toMatchObject([{ level: 'info', outcome: 'cancelled_waiting', queue_ms: 60, e2e_ms: 60 }]);
  });

  it('says cancelled_running of a client that left its generation', async () => {
    const made = await testApp({ engine: { reply: 'long' } });
    const client = await openStream(made.app, chat('hi'));
    await until(() => made.inference.running === 1);
    await made.clock.advanceAsync(45);
    client.leave();
    await until(() => made.inference.running === 0);
    expect(settled(made)).toMatchObject([
      { level: 'info', outcome: 'cancelled_running', prefill_ms: 20, decode_ms: 20, output_tokens: 3 },
    ]);
  });

  it('says failed, as an error and with the reason, when the engine could not go on', async () => {
    const engine = new ScriptedEngine();
    const made = await testApp({ makeEngine: () => engine });
    const answering = made.ask(path, chat('hi'));
    await until(() => made.inference.running === 1);
    engine.fail('engine_failed', 'The batch did not fit.');
    await answering;
    expect(settled(made)).toMatchObject([
      { level: 'error', outcome: 'failed', code: 'engine_failed', error: 'The batch did not fit.' },
    ]);
  });

  it('has no such line for a request that was wrong', async () => {
    const made = await testApp();
    await made.ask(path, chat('hi', { temperature: -1 }));
    expect(settled(made)).toEqual([]);
  });

  it.each([
    ['a chat', path, chat('hi')],
    ['a completion', '/v1/completions', { prompt: 'hi' }],
  ])('has the id of %s in addition to that of its answer', async (_, url, body) => {
    const made = await testApp();
    const answer = await made.post(url, body, { 'x-request-id': 'mine' });
    const { id } = answer.json<{ id: string }>();
    expect(settled(made)).toMatchObject([{ id, request_id: 'mine' }]);
  });

  it('has the id of a request that was refused', async () => {
    const made = await busy(60_000, 0);
    await made.ask(path, chat('hi'), { 'x-request-id': 'mine' });
    expect(settled(made)).toMatchObject([{ outcome: 'refused', request_id: 'mine' }]);
  });
});
