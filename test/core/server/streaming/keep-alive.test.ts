import { describe, expect, it } from 'vitest';
import { chat, idleTimers, type TestApp, testApp, until } from '../../../support/app.js';
import { ScriptedEngine } from '../../../support/scripted-engine.js';
import { openStream, type StreamClient } from '../../../support/stream-client.js';
import { parseStream } from '../../../support/stream-parts.js';

interface Streaming extends TestApp {
  readonly script: ScriptedEngine;
  readonly client: StreamClient;
}

/** A stream whose generation has just begun. */
async function streaming(): Promise<Streaming> {
  const script = new ScriptedEngine();
  const made = await testApp({ makeEngine: () => script });
  const client = await openStream(made.app, chat('a long prompt'));
  await until(() => made.inference.running === 1);
  return { ...made, script, client };
}

function comments(client: StreamClient): string[] {
  return parseStream(client.body).flatMap((part) => (part.type === 'comment' ? [part.text] : []));
}

describe('a stream whose prompt is being read', () => {
  it('is sent nothing for the first ten seconds, so that a failure has its status', async () => {
    const { clock, client, script } = await streaming();
    await clock.advanceAsync(9999);
    expect(client.status).toBeUndefined();
    script.fail('engine_failed', 'It broke.');
    expect(await client.finished()).toContain('engine_failed');
    expect(client.status).toBe(500);
  });

  it('is sent a comment every ten seconds', async () => {
    const { clock, client, script } = await streaming();
    await clock.advanceAsync(10_000);
    await client.arrived('prefill');
    expect(client.status).toBe(200);
    expect(client.body).toBe(': prefill elapsed_ms=10000\n\n');
    await clock.advanceAsync(20_000);
    script.say('Hello.');
    await clock.advanceAsync(9999);
    script.end();
    expect(parseStream(await client.finished()).map(({ type }) => type)).toEqual([
      'comment',
      'comment',
      'comment',
      'data',
      'data',
      'data',
      'done',
    ]);
    expect(comments(client)).toEqual([10_000, 20_000, 30_000].map((ms) => `prefill elapsed_ms=${ms}`));
  });

  it('ends with an event when its generation fails after a comment', async () => {
    const { clock, client, script } = await streaming();
    await clock.advanceAsync(10_000);
    script.fail('engine_failed', 'It broke.');
    const parts = parseStream(await client.finished());
    expect(parts.at(-2)).toMatchObject({ data: { error: { code: 'engine_failed' } } });
    expect(parts.at(-1)).toEqual({ type: 'done' });
  });

  it.each(['end', 'leave'] as const)('needs no timer any more after the %s', async (how) => {
    const { clock, client, script, inference } = await streaming();
    if (how === 'end') script.end('Hello.');
    else client.leave();
    await until(() => inference.running === 0);
    await clock.advanceAsync(1000);
    expect(clock.pending).toBe(idleTimers);
  });
});

describe('a stream that pauses after its first text', () => {
  it('is sent comments while nothing else comes', async () => {
    const { clock, client, script } = await streaming();
    script.say('Hello');
    await clock.advanceAsync(10_000);
    expect(comments(client)).toEqual([]);
    await clock.advanceAsync(20_000);
    script.say(' again.');
    await clock.advanceAsync(10_000);
    script.end();
    await client.finished();
    expect(comments(client)).toEqual(['generating', 'generating']);
  });
});

describe('an answer that is not streamed', () => {
  it('is sent nothing before its end', async () => {
    const script = new ScriptedEngine();
    const { ask, clock, inference } = await testApp({ makeEngine: () => script });
    const answer = ask('/v1/chat/completions', chat('a long prompt'));
    await until(() => inference.running === 1);
    await clock.advanceAsync(60_000);
    script.end('Hello.');
    expect((await answer).json<unknown>()).toMatchObject({ choices: [{ message: { content: 'Hello.' } }] });
  });
});
