import { describe, expect, it } from 'vitest';
import { Relay } from '../../../src/core/relay/relay.js';
import { type KeyTerms, usualTerms } from '../../../src/core/scheduler/jobs/demand.js';
import { RateLimiter } from '../../../src/core/scheduler/rate-limits/rate-limiter.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { ask, type Asked } from './ask.js';
import { FakeExecutor } from './fake-executor.js';

function front(
  places: number,
  {
    maxConcurrency = null,
    maxQueue = 9,
    perMinute = 100,
    terms,
  }: { maxConcurrency?: number | null; maxQueue?: number; perMinute?: number; terms?: KeyTerms } = {},
) {
  const clock = new VirtualClock();
  const executor = new FakeExecutor('one', places, ['a']);
  const limits = { requestsPerMinute: perMinute, tokensPerMinute: null, tokensPerDay: null };
  const rates = new RateLimiter(clock, new Map([['anna', limits]]));
  const fair = { policy: 'fair', classPatienceMs: 60_000, terms: new Map([['anna', terms ?? usualTerms]]) } as const;
  const options = { maxConcurrency, maxQueue, queueTimeoutMs: 0, aliases: [], rates };
  const relay = new Relay([executor], { ...options, ...(terms !== undefined && { fair }) }, clock);
  const wantAs = (key: string, choices: number): Asked => ask(relay, 'a', { key, places: choices });
  const want = (choices: number): Asked => wantAs('anna', choices);
  return { relay, executor, rates, want, wantAs };
}

const hasStarted = ({ heard }: Asked): boolean => heard.includes('started');

describe('a request with several choices, at an upstream', () => {
  it('takes a place for each, until it ends', () => {
    const { executor, want } = front(4);
    const [several, one, another] = [want(3), want(1), want(1)];
    expect([several, one, another].map(hasStarted)).toEqual([true, true, false]);
    expect(executor.running).toBe(4);
    const [run] = executor.runs;
    if (run !== undefined) executor.end(run);
    expect(hasStarted(another)).toBe(true);
    expect(executor.running).toBe(2);
  });

  it('takes no more places than the upstream has', () => {
    const { executor, want } = front(2);
    const [many, next] = [want(7), want(1)];
    expect([many, next].map(hasStarted)).toEqual([true, false]);
    expect(executor.running).toBe(2);
  });

  it('is passed on alone where nothing says how many places there are', () => {
    const { executor, want } = front(1);
    executor.arePlacesKnown = false;
    const [several, next] = [want(3), want(1)];
    expect([several, next].map(hasStarted)).toEqual([true, false]);
    const [run] = executor.runs;
    if (run !== undefined) executor.end(run);
    expect(hasStarted(next)).toBe(true);
  });

  it('starts when as many places are free, and lets nothing of its line go before it', () => {
    const { executor, want } = front(3);
    const first = [want(1), want(1)];
    const several = want(3);
    const last = want(1);
    const end = (): boolean[] => {
      const [run] = executor.runs;
      if (run !== undefined) executor.end(run);
      return [several, last].map(hasStarted);
    };
    expect([...first, several, last].map(hasStarted)).toEqual([true, true, false, false]);
    expect(end()).toEqual([false, false]);
    expect(end()).toEqual([true, false]);
    expect(executor.running).toBe(3);
    expect(end()).toEqual([true, true]);
  });

  it('counts as several of --max-concurrency', () => {
    const { relay, executor, want } = front(8, { maxConcurrency: 3 });
    const all = [want(2), want(2), want(1)];
    expect(all.map(hasStarted)).toEqual([true, false, false]);
    expect([relay.running, relay.waiting]).toEqual([2, 3]);
    const [run] = executor.runs;
    if (run !== undefined) executor.end(run);
    expect(all.map(hasStarted)).toEqual([true, true, true]);
  });

  it('lets those behind it start when its client leaves', () => {
    const { want } = front(3);
    const [running, several, last] = [want(1), want(3), want(1)];
    expect([running, several, last].map(hasStarted)).toEqual([true, false, false]);
    several.leave();
    expect(hasStarted(last)).toBe(true);
  });

  it('takes as many places in the queue, and lets those behind it know', () => {
    const { relay, want } = front(4, { maxQueue: 5 });
    want(2);
    const several = want(4);
    expect(several.error).toBeNull();
    want(1);
    expect(relay.snapshot().waiting.map(({ position }) => position)).toEqual([1, 5]);
    const tooMany = want(2).error;
    expect(tooMany).toMatchObject({
      code: 'queue_full',
      message: expect.stringMatching(/5 of 5 places to wait are taken, and this request needs 2\.$/) as string,
    });
    expect(want(1).error?.code).toBe('queue_full');
  });

  it('needs no place in the queue if it starts at once', () => {
    const { want } = front(4, { maxQueue: 0 });
    const [one, other, late] = [want(2), want(3), want(2)];
    expect([one, late].map(hasStarted)).toEqual([true, true]);
    expect(other.error?.code).toBe('queue_full');
  });

  it('needs none either behind requests that their key may not start', () => {
    const { executor, want, wantAs } = front(4, { maxQueue: 2, terms: { ...usualTerms, maxRunning: 1 } });
    const blocked = [want(1), want(1), want(1)];
    const several = wantAs('ben', 3);
    expect([...blocked, several].map(hasStarted)).toEqual([true, false, false, true]);
    expect(wantAs('ben', 2).error?.code).toBe('queue_full');
    expect(executor.running).toBe(4);
  });

  it('is refused for good if it asks for more choices than can run at once, as at an engine', () => {
    const { relay, want } = front(4, { maxConcurrency: 3 });
    const asksFor = (places: number, ofEach: number, param: 'n' | 'best_of'): unknown =>
      ask(relay, 'a', { key: 'anna', places, choices: { ofEach, param } }).error;
    expect(asksFor(4, 4, 'n')).toMatchObject({
      code: 'invalid_request',
      param: 'n',
      message: '"n" can be at most 3, the number of generations that run at once at one upstream.',
    });
    expect(asksFor(8, 4, 'best_of')).toMatchObject({ param: 'best_of' });
    // An upstream would run four of them at once.
    expect(asksFor(20, 1, 'n')).toMatchObject({ code: 'invalid_request', param: 'prompt' });
    expect(asksFor(3, 3, 'n')).toBeNull();
    expect(want(1).error).toBeNull();
  });

  it('counts as several of what its key may run and have waiting', () => {
    const { want } = front(8, { terms: { share: 1, maxRunning: 3, maxWaiting: 2 } });
    expect(want(4).error).toMatchObject({
      code: 'invalid_request',
      message: 'This asks for 4 answers at once, and the key "anna" may have 3 generated at once.',
    });
    const [first, second] = [want(2), want(2)];
    expect([first, second].map(hasStarted)).toEqual([true, false]);
    expect(second.error).toBeNull();
    expect(want(2).error?.code).toBe('rate_limited');
  });

  it('counts as several of the requests per minute of its key', () => {
    const { rates, want } = front(8, { perMinute: 5 });
    expect(want(6).error).toMatchObject({ code: 'invalid_request', message: expect.stringContaining('6') as string });
    want(4);
    expect(rates.remaining('anna').requests).toMatchObject({ remaining: 1 });
    expect(want(2).error?.code).toBe('rate_limited');
    expect(want(1).error).toBeNull();
  });
});

/** Two upstreams with four places each, the first of which has the models a and b, and the second only a. */
function twoUpstreams() {
  const executors = [new FakeExecutor('one', 4, ['a', 'b']), new FakeExecutor('two', 4, ['a'])] as const;
  const options = { maxConcurrency: null, maxQueue: 99, queueTimeoutMs: 0, aliases: [] };
  const relay = new Relay(executors, options, new VirtualClock());
  const want = (model: string, places: number): Asked => ask(relay, model, { places });
  const endAt = (executor: FakeExecutor): void => {
    const [run] = executor.runs;
    if (run !== undefined) executor.end(run);
  };
  return { executors, want, endAt };
}

describe('a request with several choices, where there are several upstreams', () => {
  it('needs all of its places at one of them', () => {
    const {
      executors: [one, two],
      want,
      endAt,
    } = twoUpstreams();
    for (let count = 0; count < 8; count += 1) want('a', 1);
    const several = want('a', 3);
    for (const executor of [one, two, one, two]) endAt(executor);
    expect([one.running, two.running, hasStarted(several)]).toEqual([2, 2, false]);
    endAt(two);
    expect([one.running, two.running, hasStarted(several)]).toEqual([2, 4, true]);
  });

  it('is not overtaken for ever by smaller ones of another line', () => {
    const {
      executors: [one],
      want,
      endAt,
    } = twoUpstreams();
    for (let count = 0; count < 4; count += 1) want('b', 1);
    const several = want('b', 4);
    for (let count = 0; count < 4; count += 1) want('a', 1);
    const others = Array.from({ length: 6 }, () => want('a', 1));
    for (let ends = 1; ends <= 4; ends += 1) {
      expect(hasStarted(several)).toBe(false);
      endAt(one);
    }
    expect(hasStarted(several)).toBe(true);
    expect(others.some(hasStarted)).toBe(false);
  });

  it('leaves the places of the other one to those lines', () => {
    const {
      executors: [one, two],
      want,
      endAt,
    } = twoUpstreams();
    for (let count = 0; count < 4; count += 1) want('b', 1);
    const several = want('b', 4);
    for (let count = 0; count < 4; count += 1) want('a', 1);
    const other = want('a', 1);
    endAt(two);
    expect([hasStarted(several), hasStarted(other)]).toEqual([false, true]);
    endAt(one);
    expect(two.running).toBe(4);
    expect(one.running).toBe(3);
  });

  it('goes on elsewhere when its upstream fails, before smaller ones', () => {
    const {
      executors: [one, two],
      want,
      endAt,
    } = twoUpstreams();
    const several = want('b', 4);
    for (let count = 0; count < 4; count += 1) want('a', 1);
    const [run] = one.runs;
    if (run !== undefined) one.fail(run, { type: 'unreachable', reason: 'refused' });
    one.become('ready');
    expect([one.running, two.running, several.error]).toEqual([4, 4, null]);
    endAt(one);
    expect(several.heard.at(-1)).toBe('whole');
  });
});
