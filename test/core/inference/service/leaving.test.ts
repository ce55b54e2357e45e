import { describe, expect, it } from 'vitest';
import { House } from '../house.js';

describe('a client that leaves before it is admitted', () => {
  it('is not admitted, and the engine gets no generation', async () => {
    const house = await House.open();
    const client = house.submit('a');
    client.leave();
    await house.pass(100);
    expect(client.error?.code).toBe('cancelled');
    expect(house.engine.calls).toEqual(['prepare', 'drop']);
  });
});

describe('a client that leaves while its prompt is prepared', () => {
  it('is released at once, not when the preparation is over', async () => {
    const house = await House.open();
    house.engine.dawdle();
    const client = house.submit('a');
    await house.pass(5);
    client.leave();
    await house.pass(0);
    expect(client.error?.code).toBe('cancelled');
    expect(house.outcomesOf('a')).toEqual(['cancelled_waiting']);
  });

  it('is not prepared any further', async () => {
    const house = await House.open();
    house.engine.dawdle();
    const client = house.submit('a');
    client.leave();
    await house.pass(0);
    expect(house.engine.calls).toEqual(['prepare', 'drop']);
  });

  it('gives its place back', async () => {
    const house = await House.open({ maxConcurrency: 1, maxQueue: 0 });
    const admitPrompts = house.engine.dawdle();
    house.submit('a').leave();
    await house.pass(0);
    const other = house.submit('b');
    admitPrompts();
    await house.pass(100);
    expect(other.end?.what).toBe('ended');
  });

  it('never runs when the preparation is over', async () => {
    const house = await House.open();
    const admitPrompts = house.engine.dawdle();
    const client = house.submit('a');
    client.leave();
    admitPrompts();
    await house.pass(100);
    expect({ heard: client.heard, calls: house.engine.calls }).toEqual({ heard: [], calls: ['prepare', 'drop'] });
  });

  it('never keeps a slot, whenever it leaves while the preparation ends', async () => {
    for (let turns = 0; turns < 30; turns += 1) {
      const house = await House.open();
      const client = house.submit('a');
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
      client.leave();
      await house.pass(0);
      expect({
        turns,
        running: house.inference.running,
        live: house.engine.live.size,
        settled: house.settled.length,
      }).toEqual({ turns, running: 0, live: 0, settled: 1 });
    }
  });
});

describe('a client that leaves while it waits', () => {
  it('leaves the queue at once', async () => {
    const house = await House.open({ maxConcurrency: 1 });
    const [, leaving] = await house.admit('a', 'b', 'c');
    leaving.leave();
    expect(house.inference.snapshot().waiting).toMatchObject([{ id: 'c', position: 1 }]);
  });

  it('never runs, and is told nothing', async () => {
    const house = await House.open({ maxConcurrency: 1 });
    const [, leaving] = await house.admit('a', 'b', 'c');
    leaving.leave();
    await house.pass(1000);
    expect(leaving.heard).toEqual([]);
    expect(house.engine.calls).not.toContain('generate b');
  });

  it('is not reported to the engine, which does not know it', async () => {
    const house = await House.open({ maxConcurrency: 1 });
    const [, leaving] = await house.admit('a', 'b');
    leaving.leave();
    expect(house.engine.calls).not.toContain('cancel b');
  });

  it('is counted as one that left while waiting, with the time it waited', async () => {
    const house = await House.open({ maxConcurrency: 1 });
    const [, leaving] = await house.admit('a', 'b');
    await house.pass(30);
    leaving.leave();
    expect(house.settled).toMatchObject([
      { id: 'b', outcome: 'cancelled_waiting', error: null, timings: { queueMs: 30 }, sinceArrivalMs: 30 },
    ]);
  });

  it('frees a place to wait', async () => {
    const house = await House.open({ maxConcurrency: 1, maxQueue: 1 });
    const [, leaving] = await house.admit('a', 'b');
    leaving.leave();
    const [other] = await house.admit('c');
    await house.pass(1000);
    expect(other.end?.what).toBe('ended');
  });
});

describe('a client that leaves while its answer is generated', () => {
  it('has its generation cancelled at once', async () => {
    const house = await House.open();
    const [leaving] = await house.admit('a');
    await house.pass(25);
    leaving.leave();
    expect(house.engine.calls).toEqual(['prepare', 'generate a', 'cancel a']);
  });

  it('lets the next one start at once, after the engine was told', async () => {
    const house = await House.open({ maxConcurrency: 1 });
    const [leaving, next] = await house.admit('a', 'b');
    await house.pass(25);
    leaving.leave();
    expect(house.engine.calls.slice(-2)).toEqual(['cancel a', 'generate b']);
    expect(next.heard).toEqual([{ what: 'started', atMs: 25 }]);
  });

  it('is told nothing more', async () => {
    const house = await House.open();
    const [leaving] = await house.admit('a');
    await house.pass(25);
    leaving.leave();
    const heard = [...leaving.heard];
    await house.pass(1000);
    expect(leaving.heard).toEqual(heard);
  });

  it('does not disturb other clients', async () => {
    const house = await House.open();
    const [leaving, other] = await house.admit('a', 'b');
    await house.pass(25);
    leaving.leave();
    await house.pass(100);
    expect(other).toMatchObject({ answer: '1 2 3 4', end: { what: 'ended', atMs: 50 } });
  });

  it('is counted as one that left while running, with what it got', async () => {
    const house = await House.open();
    const [leaving] = await house.admit('a');
    await house.pass(35);
    leaving.leave();
    expect(house.settled).toMatchObject([
      {
        id: 'a',
        outcome: 'cancelled_running',
        error: null,
        timings: { queueMs: 0, prefillMs: 20, decodeMs: 10, idleMs: 5, outputTokens: 2 },
        sinceArrivalMs: 35,
      },
    ]);
  });

  it('is counted once, also if it leaves before its first token', async () => {
    const house = await House.open();
    const [leaving] = await house.admit('a');
    await house.pass(5);
    leaving.leave();
    await house.pass(100);
    expect(house.settled).toMatchObject([
      { outcome: 'cancelled_running', timings: { prefillMs: 5, decodeMs: 0, outputTokens: 0 } },
    ]);
  });
});

describe('a client that leaves from within a callback', () => {
  it('at its start is cancelled in the engine', async () => {
    const house = await House.open({ maxConcurrency: 1 });
    const [, leaving, next] = await house.admit('a', 'b', 'c');
    leaving.on.started = () => {
      leaving.leave();
    };
    await house.pass(1000);
    expect(house.engine.calls.filter((call) => call.endsWith(' b'))).toEqual(['generate b', 'cancel b']);
    expect(house.outcomesOf('b')).toEqual(['cancelled_running']);
    expect(next.end?.atMs).toBe(100);
  });

  it('at a piece of text is cancelled', async () => {
    const house = await House.open();
    const [leaving] = await house.admit('a');
    leaving.on.text = () => {
      leaving.leave();
    };
    await house.pass(1000);
    expect(leaving.heard.map(({ what }) => what)).toEqual(['started', 'text']);
    expect(house.outcomesOf('a')).toEqual(['cancelled_running']);
  });

  it('at its end has been served, and nothing else', async () => {
    const house = await House.open({ maxConcurrency: 1 });
    const [leaving, next] = await house.admit('a', 'b');
    leaving.on.ended = () => {
      leaving.leave();
    };
    await house.pass(1000);
    expect(house.outcomesOf('a')).toEqual(['completed']);
    expect(house.engine.calls).not.toContain('cancel a');
    expect(next.end?.atMs).toBe(100);
  });

  it('at its being turned away has been turned away, and nothing else', async () => {
    const house = await House.open({ maxConcurrency: 1, queueTimeoutMs: 30 });
    const [, leaving] = await house.admit('a', 'b');
    leaving.on.failed = () => {
      leaving.leave();
    };
    await house.pass(100);
    expect(house.outcomesOf('b')).toEqual(['timed_out']);
  });

  it('at its failure has failed, and nothing else', async () => {
    const house = await House.open();
    const [leaving] = await house.admit('a');
    leaving.on.failed = () => {
      leaving.leave();
    };
    house.engine.breakDown();
    expect(house.outcomesOf('a')).toEqual(['failed']);
  });

  it('ends another one as well, which is told nothing more in that round', async () => {
    const house = await House.open();
    const [first, second] = await house.admit('a', 'b');
    first.on.ended = () => {
      second.leave();
    };
    await house.pass(1000);
    expect(second.heard.map(({ what }) => what)).toEqual(['started', 'text', 'text', 'text']);
    expect(house.outcomesOf('b')).toEqual(['cancelled_running']);
  });
});

describe('a client that leaves after its end', () => {
  it('changes nothing', async () => {
    const house = await House.open();
    const [client] = await house.admit('a');
    await house.pass(100);
    client.leave();
    expect({ outcomes: house.outcomesOf('a'), calls: house.engine.calls }).toEqual({
      outcomes: ['completed'],
      calls: ['prepare', 'generate a'],
    });
  });

  it('does not end another one that has the same id now', async () => {
    const house = await House.open();
    const [client] = await house.admit('a');
    await house.pass(100);
    const [namesake] = await house.admit('a');
    client.leave();
    await house.pass(100);
    expect(namesake.end?.what).toBe('ended');
  });
});
