import { describe, expect, it } from 'vitest';
import { Relay } from '../../../src/core/relay/relay.js';
import { RateLimiter } from '../../../src/core/scheduler/rate-limiter.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { ask, type Asked } from './ask.js';
import { FakeExecutor } from './fake-executor.js';

function front(
  places: number,
  { maxConcurrency = null, perMinute = 100 }: { maxConcurrency?: number | null; perMinute?: number } = {},
) {
  const clock = new VirtualClock();
  const executor = new FakeExecutor('one', places, ['a']);
  const limits = { requestsPerMinute: perMinute, tokensPerMinute: null, tokensPerDay: null };
  const rates = new RateLimiter(clock, new Map([['anna', limits]]));
  const relay = new Relay([executor], { maxConcurrency, maxQueue: 9, queueTimeoutMs: 0, aliases: [], rates }, clock);
  const want = (choices: number): Asked => ask(relay, 'a', { key: 'anna', places: choices });
  return { relay, executor, rates, want };
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

  it('starts as soon as one place is free, and lets nothing follow until its others are', () => {
    const { executor, want } = front(3);
    const first = [want(1), want(1)];
    const several = want(3);
    const last = want(1);
    expect([...first, several, last].map(hasStarted)).toEqual([true, true, true, false]);
    for (const expected of [false, false]) {
      const [run] = executor.runs;
      if (run !== undefined) executor.end(run);
      expect(hasStarted(last)).toBe(expected);
    }
    const [run] = executor.runs;
    if (run !== undefined) executor.end(run);
    expect(hasStarted(last)).toBe(true);
  });

  it('counts as several of --max-concurrency', () => {
    const { executor, want } = front(8, { maxConcurrency: 3 });
    const all = [want(2), want(2), want(1)];
    expect(all.map(hasStarted)).toEqual([true, true, false]);
    const [run] = executor.runs;
    if (run !== undefined) executor.end(run);
    expect(all.map(hasStarted)).toEqual([true, true, true]);
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
