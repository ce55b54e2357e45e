import { describe, expect, it } from 'vitest';
import type { Client } from '../client.js';
import { House, type HouseOptions } from '../house.js';

const fair = { policy: 'fair', classPatienceMs: 60_000, preemptAfterMs: 50, terms: new Map() } as const;
const night = { key: 'night', trafficClass: 'batch', maxTokens: 30 } as const;
const person = { key: 'person', trafficClass: 'interactive', maxTokens: 5 } as const;

interface Scene {
  readonly house: House;
  readonly batch: Client;
  readonly interactive: Client;
}

/** A batch generation has the only slot, and has 14 tokens when an interactive request has waited for 50 ms. */
async function scene(options: HouseOptions = {}): Promise<Scene> {
  const house = await House.open({ maxConcurrency: 1, fair, ...options });
  const batch = house.submit('night', night);
  await house.pass(105);
  const interactive = house.submit('person', person);
  await house.pass(50);
  return { house, batch, interactive };
}

async function whole(options?: HouseOptions): Promise<Client> {
  const house = await House.open({ maxConcurrency: 1, ...options });
  const alone = house.submit('alone', night);
  await house.pass(1000);
  return alone;
}

describe('a batch generation that is paused', () => {
  it('stops for an interactive one, and then writes on where it was: the text is the same', async () => {
    const { house, batch, interactive } = await scene();
    expect(house.engine.calls.slice(-2)).toEqual(['cancel night', 'generate person']);
    const before = batch.answer;
    await house.pass(60);
    expect(interactive.answer).not.toBe('');
    expect(batch.answer).toBe(before);
    await house.pass(1000);
    expect(house.engine.calls.at(-1)).toBe('generate night-resumed');
    expect(batch.answer).toBe((await whole()).answer);
    expect(batch.heard.filter(({ what }) => what === 'started')).toHaveLength(1);
    expect(house.outcomesOf('night')).toEqual(['completed']);
  });

  it('counts each token once, and says how long it was paused', async () => {
    const { house, batch, interactive } = await scene();
    await house.pass(2000);
    const alone = await whole();
    expect(batch.timings).toMatchObject({ promptTokens: alone.timings?.promptTokens, outputTokens: 30 });
    // Until the other has ended: 20 ms to its first token, and 10 ms for each of the others.
    expect(batch.timings?.pausedMs).toBe(60);
    expect(batch.timings?.prefillMs).toBe(20);
    // After the pause the first token takes as long as a prefill, instead of a round.
    expect(batch.timings?.decodeMs).toBeGreaterThanOrEqual(290);
    expect(batch.timings?.decodeMs).toBeLessThanOrEqual(310);
    expect(interactive.timings).not.toHaveProperty('pausedMs');
    expect(house.events.filter(({ type }) => type === 'paused')).toEqual([{ type: 'paused', id: 'night' }]);
    expect(house.events.filter(({ type, id }) => type === 'started' && id === 'night')).toHaveLength(1);
  });

  it('waits in the queue, with its tokens so far', async () => {
    const { house } = await scene();
    await house.pass(10);
    const { running, waiting, runningOutputTokens } = house.inference.snapshot();
    expect(running.map(({ id }) => id)).toEqual(['person']);
    expect(waiting).toMatchObject([{ id: 'night', position: 1, waitsFor: 'slot', waitedMs: 10, outputTokens: 14 }]);
    expect(runningOutputTokens).toBe(14);
    expect([house.inference.running, house.inference.waiting, house.inference.paused]).toEqual([1, 1, 1]);
  });

  it('runs again without a slot until the engine has chosen one', async () => {
    const { house } = await scene();
    await house.pass(65);
    expect(house.inference.snapshot().running).toMatchObject([{ id: 'night', slot: null, outputTokens: 14 }]);
    await house.pass(20);
    expect(house.inference.snapshot().running).toMatchObject([{ id: 'night', slot: 0 }]);
  });

  it('keeps what a stop string has held back', async () => {
    const never = { ...night, stop: ['a string that does not come'] };
    const house = await House.open({ maxConcurrency: 1, fair });
    const batch = house.submit('night', never);
    await house.pass(105);
    house.submit('person', person);
    await house.pass(2000);
    expect(batch.answer).toBe((await whole()).answer);
  });

  it('begins anew if it has no token yet', async () => {
    const house = await House.open({ maxConcurrency: 1, fair: { ...fair, preemptAfterMs: 0 } });
    const batch = house.submit('night', night);
    await house.pass(5);
    house.submit('person', person);
    await house.pass(2000);
    expect(house.engine.calls).toContain('cancel night');
    expect(batch.answer).toBe((await whole()).answer);
    expect(batch.timings).toMatchObject({ prefillMs: 25, pausedMs: 60, outputTokens: 30 });
  });

  it('ends as cancelled, with its tokens, when its client leaves', async () => {
    const { house, batch } = await scene();
    batch.leave();
    await house.pass(1000);
    expect(house.settled.find(({ id }) => id === 'night')).toMatchObject({
      outcome: 'cancelled_running',
      timings: { outputTokens: 14 },
    });
    expect(house.engine.calls).not.toContain('generate night-resumed');
  });

  it('finishes while the server shuts down, and is cut off with the others when the time is up', async () => {
    const { house, batch } = await scene();
    void house.inference.drain();
    await house.pass(2000);
    expect(batch.end).toMatchObject({ what: 'ended', reason: 'length' });

    const late = await scene();
    let isDrained = false;
    void late.house.inference.drain().then(() => (isDrained = true));
    expect(late.house.inference.abandonRunning()).toBe(2);
    await late.house.pass(0);
    expect(isDrained).toBe(true);
    expect([late.batch.error?.code, late.interactive.error?.code]).toEqual(['draining', 'draining']);
  });

  it('fails with the others when the engine is gone', async () => {
    const { house, batch, interactive } = await scene();
    house.engine.breakDown();
    await house.pass(0);
    expect([batch.error?.code, interactive.error?.code]).toEqual(['engine_unavailable', 'engine_unavailable']);
    expect([house.inference.running, house.inference.waiting]).toEqual([0, 0]);
  });
});

it('does not pause embeddings, which would have to be computed again', async () => {
  const house = await House.open({ maxConcurrency: 1, fair: { ...fair, preemptAfterMs: 0 } });
  house.submit('night', { ...night, inputLengths: [1] });
  await house.pass(0);
  house.submit('person', person);
  await house.pass(0);
  expect(house.engine.calls.slice(-2)).toEqual(['generate night', 'prepare']);
  expect(house.inference.waiting).toBe(1);
});
