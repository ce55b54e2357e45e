import { describe, expect, it } from 'vitest';
import { House } from './fake-model.js';

const abc = [{ name: 'a' }, { name: 'b' }, { name: 'c' }];

describe('the loader', () => {
  it('loads as many models at the start as are allowed, in their order, one after the other', () => {
    const house = new House(abc, { maxLoaded: 2 });
    expect(house.loader.start().map(({ name }) => name)).toEqual(['a', 'b']);
    expect(house.log).toEqual(['load a']);
    house.clock.advance(1000);
    expect(house.log).toEqual(['load a', 'load b']);
    house.clock.advance(10_000);
    expect(house.log).toHaveLength(2);
  });

  it('leaves out of the start what would not fit beside the others', () => {
    const models = [
      { name: 'a', bytes: 6 },
      { name: 'b', bytes: 6 },
      { name: 'c', bytes: 3 },
    ];
    const house = new House(models, { maxLoaded: 3, memoryBytes: 10 });
    expect(house.loader.start().map(({ name }) => name)).toEqual(['a', 'c']);
  });

  it('makes room with the model that has been idle for longest', () => {
    const house = new House(abc, { maxLoaded: 2 }).started();
    house.model('a').ask(10);
    house.clock.advance(5000);
    house.model('c').ask(10);
    expect(house.log).toEqual(['unload b']);
    expect(house.loader.etaMs(house.model('c'))).toBe(1000);
    house.clock.advance(100);
    expect(house.log).toEqual(['unload b', 'load c']);
    house.clock.advance(400);
    expect(house.loader.etaMs(house.model('c'))).toBe(600);
  });

  it('makes as much room as a large model needs', () => {
    const models = [
      { name: 'a', bytes: 3 },
      { name: 'b', bytes: 3 },
      { name: 'c', bytes: 9 },
    ];
    const house = new House(models, { maxLoaded: 3, memoryBytes: 10 }).started();
    house.model('c').ask(10);
    house.clock.advance(100);
    expect(house.log).toEqual(['unload a', 'unload b', 'load c']);
  });

  it('loads a model that needs more than all memory when it is alone', () => {
    const models = [{ name: 'a' }, { name: 'b', bytes: 50 }];
    const house = new House(models, { maxLoaded: 2, memoryBytes: 10 }).started();
    const request = house.model('b').ask(10);
    house.clock.advance(10_000);
    expect(request.endedMs).not.toBeNull();
    expect(house.log).toEqual(['unload a', 'load b']);
  });

  it('waits for what runs, and starts nothing new in a model that yields', () => {
    const house = new House(abc).started();
    const [running, alsoRunning] = [house.model('a').ask(20_000), house.model('a').ask(20_000)];
    house.clock.advance(1);
    house.model('b').ask(10);
    house.clock.advance(1);
    const late = house.model('a').ask(10);
    house.clock.advance(19_997);
    expect(house.log).toEqual([]);
    expect(house.loader.etaMs(house.model('b'))).toBeNull();
    house.clock.advance(1);
    expect([running, alsoRunning].every(({ endedMs }) => endedMs !== null)).toBe(true);
    expect(house.log).toEqual(['unload a']);
    house.clock.advance(20_000);
    expect(late.endedMs).not.toBeNull();
    expect(house.log).toEqual(['unload a', 'load b', 'unload b', 'load a']);
  });

  it('lets a model in use serve for as long as it takes to load both before it has to yield', () => {
    const house = new House(abc);
    house.loader.start();
    house.clock.advance(1000);
    const hammer = (): void => {
      house.model('a').ask(100);
      if (house.clock.now() < 20_000) house.clock.schedule(50, hammer);
    };
    hammer();
    const asked = house.model('b').ask(10);
    house.clock.advance(1999);
    expect(house.log).toEqual(['load a']);
    house.clock.advance(2 + 100 + 100 + 1000);
    expect(asked.startedMs).not.toBeNull();
  });

  it('first serves what has waited for longer than the request for another model', () => {
    const house = new House(abc).started();
    const before = [1, 2, 3, 4, 5, 6].map(() => house.model('a').ask(5000));
    house.clock.advance(1);
    const asked = house.model('b').ask(10);
    house.clock.advance(30_000);
    const last = Math.max(...before.map(({ startedMs }) => startedMs ?? Infinity));
    expect(asked.startedMs).toBeGreaterThan(last);
  });

  it('goes on with a model that was to yield if nobody waits for the other any more', () => {
    const house = new House(abc).started();
    house.model('a').ask(10_000);
    house.clock.advance(1);
    house.model('b').ask(10);
    const waiting = house.model('a').ask(10);
    expect(waiting.startedMs).toBeNull();
    house.model('b').forgetWaiting();
    expect(waiting.startedMs).not.toBeNull();
    house.clock.advance(20_000);
    expect(house.log).toEqual([]);
  });

  it('unloads a model that has been idle for long enough', () => {
    const house = new House(abc, { maxLoaded: 2, idleUnloadMs: 100_000 }).started();
    house.clock.advance(30_000);
    house.model('b').ask(1000);
    house.clock.advance(10_000);
    // 60 s of the start, of which it took one to load.
    house.clock.advance(1000);
    expect(house.log).toEqual(['unload a']);
    house.clock.advance(90_000);
    expect(house.log).toEqual(['unload a', 'unload b']);
  });

  it('does not try a model that failed again before ten seconds have passed', () => {
    const house = new House(abc, { maxLoaded: 2 }).started();
    const c = house.model('c');
    c.failure = 'model_unreadable';
    c.ask(10);
    house.clock.advance(1100);
    expect(house.loader.stateOf(c).status).toBe('failed');
    c.forgetWaiting();
    house.clock.advance(9000);
    c.ask(10);
    expect(house.log.filter((line) => line === 'load c')).toHaveLength(1);
    house.clock.advance(1000);
    c.ask(10);
    expect(house.log.filter((line) => line === 'load c')).toHaveLength(2);
  });

  it('gives a model the whole memory that did not fit beside another, whatever was forecast', () => {
    const house = new House([{ name: 'a' }, { name: 'b' }, { name: 'c' }], { maxLoaded: 3 });
    house.model('c').failure = 'out_of_memory';
    house.loader.start();
    house.clock.advance(10_000);
    house.log.length = 0;
    const request = house.model('c').ask(10);
    house.clock.advance(10_000);
    expect(house.log).toEqual(['unload a', 'unload b', 'load c']);
    expect(request.endedMs).not.toBeNull();
  });
});
