import { describe, expect, it } from 'vitest';
import { House } from '../house.js';

describe('a single request', () => {
  it('is told its start, its text piece by piece and its end, each at its time', async () => {
    const house = await House.open();
    const client = house.submit('a', { maxTokens: 3 });
    await house.pass(100);
    expect(client.heard).toMatchObject([
      { what: 'started', atMs: 0 },
      { what: 'text', atMs: 20, text: '1' },
      { what: 'text', atMs: 30, text: ' 2' },
      { what: 'ended', atMs: 40, reason: 'length', text: ' 3' },
    ]);
  });

  it('is told how its time was spent', async () => {
    const house = await House.open();
    const client = house.submit('a', { source: { type: 'text', text: 'Hello' }, maxTokens: 4 });
    await house.pass(100);
    expect(client.timings).toEqual({
      queueMs: 0,
      prefillMs: 20,
      decodeMs: 30,
      promptTokens: 5,
      cachedTokens: 0,
      outputTokens: 4,
      reasoningTokens: 0,
    });
  });

  it('counts neither the end-of-generation token nor the round that it took', async () => {
    const house = await House.open({ reply: 'round' });
    const client = house.submit('a', { maxTokens: 100 });
    await house.pass(1000);
    // 16 tokens from 20 to 170 ms; the round of the end-of-generation token is over at 180 ms.
    expect(client.end).toMatchObject({
      what: 'ended',
      atMs: 180,
      reason: 'stop',
      timings: { prefillMs: 20, decodeMs: 150, outputTokens: 16, reasoningTokens: 0 },
    });
  });

  it('ends after its first token if it asks for one', async () => {
    const house = await House.open();
    const client = house.submit('a', { maxTokens: 1 });
    await house.pass(100);
    expect(client.heard).toEqual([
      { what: 'started', atMs: 0 },
      {
        what: 'ended',
        atMs: 20,
        reason: 'length',
        text: '1',
        timings: {
          queueMs: 0,
          prefillMs: 20,
          decodeMs: 0,
          promptTokens: 5,
          cachedTokens: 0,
          outputTokens: 1,
          reasoningTokens: 0,
        },
      },
    ]);
  });

  it('is told nothing in a round that only held text back', async () => {
    const house = await House.open();
    const client = house.submit('a', { maxTokens: 5, stop: ['2 3 5'] });
    await house.pass(100);
    expect(client.heard.map(({ what, atMs }) => `${what} ${atMs}`)).toEqual([
      'started 0',
      'text 20',
      'text 30',
      'text 50',
      'ended 60',
    ]);
    expect(client.answer).toBe('1 2 3 4 5');
  });

  it('ends before its stop string', async () => {
    const house = await House.open();
    const client = house.submit('a', { maxTokens: 9, stop: [' 3'] });
    await house.pass(100);
    expect(client.answer).toBe('1 2');
    expect(client.end).toMatchObject({ reason: 'stop', timings: { outputTokens: 3, decodeMs: 20 } });
  });

  it('leaves both queues and the engine empty', async () => {
    const house = await House.open();
    house.submit('a');
    await house.pass(100);
    expect({
      running: house.inference.running,
      waiting: house.inference.waiting,
      live: house.engine.live.size,
      timers: house.clock.pending,
    }).toEqual({ running: 0, waiting: 0, live: 0, timers: 0 });
  });
});

describe('a request that waits', () => {
  it('starts at the moment when one before it ends', async () => {
    const house = await House.open({ maxConcurrency: 1 });
    const [first, second] = await house.admit('a', 'b');
    await house.pass(200);
    expect(first.end?.atMs).toBe(50);
    expect(second.heard[0]).toEqual({ what: 'started', atMs: 50 });
  });

  it('is told how long it waited, from its admission', async () => {
    const house = await House.open({ maxConcurrency: 1 });
    house.submit('a');
    await house.pass(15);
    const second = house.submit('b');
    await house.pass(200);
    expect(second.timings).toMatchObject({ queueMs: 35, prefillMs: 20, decodeMs: 30 });
  });

  it('is told nothing until it starts', async () => {
    const house = await House.open({ maxConcurrency: 1 });
    const [, second] = await house.admit('a', 'b');
    await house.pass(49);
    expect(second.heard).toEqual([]);
  });

  it('is turned away when it has waited as long as the queue allows', async () => {
    const house = await House.open({ maxConcurrency: 1, queueTimeoutMs: 30 });
    const [, second] = await house.admit('a', 'b');
    await house.pass(200);
    expect(second.heard).toMatchObject([{ what: 'failed', atMs: 30, error: { code: 'queue_timeout' } }]);
    expect(house.outcomesOf('b')).toEqual(['timed_out']);
  });

  it('knows its place, and has none once it runs', async () => {
    const house = await House.open({ maxConcurrency: 1 });
    const [, second, third] = await house.admit('a', 'b', 'c');
    expect([second.place(), third.place()]).toMatchObject([{ position: 1 }, { position: 2 }]);
    await house.pass(50);
    expect([second.place(), third.place()]).toMatchObject([undefined, { position: 1 }]);
  });

  it('is told that places may have changed when one before it starts, leaves or times out', async () => {
    const house = await House.open({ maxConcurrency: 1, maxQueue: 9, queueTimeoutMs: 70 });
    const [, , leaving] = await house.admit('a', 'b', 'c');
    await house.pass(10);
    const [watching] = await house.admit('d');
    const moves: string[] = [];
    house.inference.moves(() => moves.push(`at ${house.clock.now()}: ${watching.place()?.position ?? 'out'}`));
    leaving.leave();
    await house.pass(100);
    expect(moves).toEqual(['at 10: 2', 'at 50: 1']);
  });
});

describe('the queue', () => {
  it('starts requests in the order in which they were admitted', async () => {
    const house = await House.open({ maxConcurrency: 1, maxQueue: 9 });
    const clients = await house.admit('a', 'b', 'c', 'd');
    await house.pass(1000);
    expect(house.engine.calls.filter((call) => call !== 'prepare')).toEqual([
      'generate a',
      'generate b',
      'generate c',
      'generate d',
    ]);
    expect(clients.map(({ heard }) => heard[0]?.atMs)).toEqual([0, 50, 100, 150]);
  });

  it('runs as many together as the limit allows', async () => {
    const house = await House.open({ maxConcurrency: 2 });
    const clients = await house.admit('a', 'b', 'c', 'd');
    await house.pass(1000);
    expect(clients.map(({ end }) => end?.atMs)).toEqual([50, 50, 100, 100]);
  });

  it('starts the next one in the round in which one ends, while others go on', async () => {
    const house = await House.open({ maxConcurrency: 2 });
    house.submit('short', { maxTokens: 2 });
    const long = house.submit('long', { maxTokens: 8 });
    const next = house.submit('next', { maxTokens: 2 });
    await house.pass(1000);
    expect(next.heard.map(({ what, atMs }) => `${what} ${atMs}`)).toEqual(['started 30', 'text 50', 'ended 60']);
    expect(long.end?.atMs).toBe(90);
  });
});

describe('the events of a request', () => {
  it('are its start, first token and settlement, with its figures', async () => {
    const house = await House.open({ maxConcurrency: 1 });
    const admitPrompt = house.engine.dawdle();
    house.submit('a', { maxTokens: 2 });
    await house.pass(7);
    admitPrompt();
    await house.pass(100);
    expect(house.events).toEqual([
      { type: 'started', id: 'a', queueMs: 0 },
      { type: 'first_token', id: 'a', prefillMs: 20, sinceArrivalMs: 27 },
      {
        type: 'settled',
        id: 'a',
        requestId: null,
        key: null,
        outcome: 'completed',
        error: null,
        timings: {
          queueMs: 0,
          prefillMs: 20,
          decodeMs: 10,
          promptTokens: 5,
          cachedTokens: 0,
          outputTokens: 2,
          reasoningTokens: 0,
        },
        sinceArrivalMs: 37,
      },
    ]);
  });

  it('have one first token, even if it is also the last', async () => {
    const house = await House.open();
    house.submit('a', { maxTokens: 1 });
    await house.pass(100);
    expect(house.events.map(({ type }) => type)).toEqual(['started', 'first_token', 'settled']);
  });

  it('include how long it waited if it was turned away', async () => {
    const house = await House.open({ maxConcurrency: 1, queueTimeoutMs: 30 });
    await house.admit('a', 'b');
    await house.pass(30);
    expect(house.settled).toMatchObject([
      { id: 'b', outcome: 'timed_out', timings: { queueMs: 30, prefillMs: 0, decodeMs: 0 }, sinceArrivalMs: 30 },
    ]);
  });
});

describe('both queues at one moment', () => {
  it('show since when and how far requests run, and where requests wait', async () => {
    const house = await House.open({ maxConcurrency: 1, slots: 3 });
    await house.admit('a', 'b');
    await house.pass(35);
    expect(house.inference.snapshot()).toEqual({
      maxConcurrency: 1,
      maxQueue: 3,
      slots: 3,
      draining: false,
      preparing: 0,
      runningOutputTokens: 2,
      running: [
        {
          id: 'a',
          key: 'anonymous',
          trafficClass: 'standard',
          slot: 0,
          promptTokens: 5,
          cachedTokens: 0,
          outputTokens: 2,
          cost: 9,
          runningMs: 35,
        },
      ],
      waiting: [
        {
          id: 'b',
          key: 'anonymous',
          trafficClass: 'standard',
          waitsFor: 'slot',
          promptTokens: 5,
          cost: 0,
          position: 1,
          waitedMs: 35,
          etaMs: null,
        },
      ],
    });
  });

  it('do not know a slot before the engine has chosen one', async () => {
    const house = await House.open();
    await house.admit('a');
    await house.pass(19);
    expect(house.inference.snapshot().running).toMatchObject([{ id: 'a', slot: null, outputTokens: 0, runningMs: 19 }]);
  });

  it('do not contain requests that are still being prepared, which are counted', async () => {
    const house = await House.open();
    const admitPrompts = house.engine.dawdle();
    house.submit('a');
    house.submit('b');
    await house.pass(5);
    expect(house.inference.snapshot()).toMatchObject({ preparing: 2, running: [], waiting: [] });
    admitPrompts();
    await house.pass(0);
    expect(house.inference.snapshot()).toMatchObject({ preparing: 0, running: [{ id: 'a' }, { id: 'b' }] });
  });

  it('are empty when nothing happens', async () => {
    const house = await House.open();
    expect(house.inference.snapshot()).toMatchObject({ running: [], waiting: [] });
  });
});
