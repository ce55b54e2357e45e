import { beforeEach, describe, expect, it } from 'vitest';
import { clientLeftError } from '../../../../src/core/base/refusals/refusals.js';
import { createMockEngine } from '../../../../src/core/engine/mock/mock-engine.js';
import { Inference } from '../../../../src/core/inference/service/inference.js';
import { inProcess } from '../../../support/in-process.js';
import { VirtualClock } from '../../../support/virtual-clock.js';
import type { Client } from '../client.js';
import { House } from '../house.js';

describe('before the model is loaded', () => {
  it('requests are refused, with the advice to try again in a moment', async () => {
    const house = new House();
    const client = house.submit('a');
    await house.pass(0);
    expect(client.error).toMatchObject({ code: 'engine_unavailable', retryAfterSeconds: 1 });
    expect(house.outcomesOf('a')).toEqual(['refused']);
  });

  it('the model is unknown and not reported as ready', () => {
    const { inference } = new House();
    expect([inference.info, inference.ready, inference.readiness]).toEqual([null, false, 'starting']);
  });
});

describe('once the model is loaded', () => {
  it('its description is available', async () => {
    const { inference } = await House.open();
    expect([inference.info?.modelId, inference.ready, inference.readiness]).toEqual(['mock', true, 'ready']);
  });

  it('it does not matter whether that was before there was a listener', async () => {
    const clock = new VirtualClock();
    const options = { slots: 1, maxConcurrency: 1, maxQueue: 1, queueTimeoutMs: 0 };
    const engine = inProcess(
      createMockEngine({ engine: 'mock', slots: 1, context: 64, prefillMs: 1, tokenMs: 1, reply: 'long' }, clock),
    );
    await engine.start();
    expect(new Inference(engine, options, clock).info?.contextLength).toBe(64);
  });
});

describe('when the engine has failed for good', () => {
  let house: House;
  let running: Client;
  let waiting: Client[];

  beforeEach(async () => {
    house = await House.open({ maxConcurrency: 1 });
    [running, ...waiting] = await house.admit('a', 'b', 'c');
    await house.pass(25);
    house.engine.breakDown();
  });

  it('waiting requests are turned away, in order', () => {
    expect(waiting.map(({ heard }) => heard)).toMatchObject([
      [{ what: 'failed', atMs: 25, error: { code: 'engine_unavailable' } }],
      [{ what: 'failed', atMs: 25, error: { code: 'engine_unavailable' } }],
    ]);
  });

  it('running requests fail with that error', () => {
    expect(running.end).toMatchObject({ what: 'failed', atMs: 25, error: { code: 'engine_unavailable' } });
  });

  it('every client is told when to try again', () => {
    expect([running, ...waiting].map(({ error }) => error?.retryAfterSeconds)).toEqual([1, 1, 1]);
  });

  it('no waiting request is given to the engine', () => {
    expect(house.engine.calls.filter((call) => call.startsWith('generate'))).toEqual(['generate a']);
  });

  it('each of them is counted as failed, once', () => {
    expect(['a', 'b', 'c'].map((id) => house.outcomesOf(id))).toEqual([['failed'], ['failed'], ['failed']]);
  });

  it('new requests are refused', async () => {
    const client = house.submit('d');
    await house.pass(0);
    expect(client.error).toMatchObject({ code: 'engine_unavailable', retryAfterSeconds: 1 });
    expect(house.outcomesOf('d')).toEqual(['refused']);
  });

  it('the reason for not being ready is known', () => {
    expect([house.inference.ready, house.inference.readiness]).toEqual([false, 'failed']);
  });

  it('requests are served again if it comes back', async () => {
    house.engine.recover();
    const [client] = await house.admit('d');
    await house.pass(100);
    expect(client.end?.what).toBe('ended');
  });
});

describe('while the engine restarts', () => {
  it('no request is turned away, and new ones wait', async () => {
    const house = await House.open({ maxConcurrency: 1 });
    const clients = await house.admit('a', 'b');
    house.engine.beginRestart();
    clients.push(...(await house.admit('c')));
    house.engine.recover();
    await house.pass(1000);
    expect(clients.map(({ end }) => end?.what)).toEqual(['ended', 'ended', 'ended']);
  });

  it('the reason for not being ready is known', async () => {
    const house = await House.open();
    house.engine.beginRestart();
    expect([house.inference.ready, house.inference.readiness]).toEqual([false, 'restarting']);
  });

  it('the model is still known', async () => {
    const house = await House.open();
    house.engine.beginRestart();
    expect(house.inference.info?.modelId).toBe('mock');
  });
});

describe('text and tokens', () => {
  it('are converted by the engine', async () => {
    const { inference } = await House.open();
    const { signal } = new AbortController();
    expect(await inference.tokenize('Hi', {}, signal)).toEqual([72, 105]);
    expect(await inference.detokenize([72, 105], signal)).toBe('Hi');
  });

  it('nobody waits for when the client has left', async () => {
    const { inference, engine } = await House.open();
    const client = new AbortController();
    engine.dawdle();
    const calls = [inference.tokenize('Hi', {}, client.signal), inference.detokenize([72], client.signal)];
    expect(inference.preparing).toBe(2);
    client.abort(clientLeftError());
    for (const call of calls) await expect(call).rejects.toMatchObject({ code: 'cancelled' });
    expect(inference.preparing).toBe(0);
  });
});
