import { describe, expect, it } from 'vitest';
import { usualTerms } from '../../../../src/core/scheduler/jobs/demand.js';
import { House } from '../house.js';

describe('resizing while requests come and go', () => {
  it('starts waiting requests at once when more may run', async () => {
    const house = await House.open({ maxConcurrency: 1, slots: 4 });
    const [, second, third] = await house.admit('a', 'b', 'c');
    await house.pass(5);
    house.inference.resize({ maxConcurrency: 3 });
    expect([second.heard, third.heard]).toEqual([[{ what: 'started', atMs: 5 }], [{ what: 'started', atMs: 5 }]]);
  });

  it('interrupts no request when fewer may run', async () => {
    const house = await House.open({ maxConcurrency: 2 });
    const clients = await house.admit('a', 'b', 'c');
    house.inference.resize({ maxConcurrency: 1 });
    await house.pass(1000);
    expect(clients.map(({ end }) => end?.atMs)).toEqual([50, 50, 100]);
  });

  it('refuses more than there are slots, and names the parameter', async () => {
    const house = await House.open({ maxConcurrency: 1, slots: 2 });
    expect(() => {
      house.inference.resize({ maxConcurrency: 3 });
    }).toThrow(expect.objectContaining({ code: 'invalid_request', param: 'max_concurrency' }));
  });

  it('changes nothing at all if it refuses', async () => {
    const house = await House.open({ maxConcurrency: 1, maxQueue: 3, slots: 2 });
    expect(() => {
      house.inference.resize({ maxConcurrency: 3, maxQueue: 9 });
    }).toThrow();
    expect(house.inference.limits).toEqual({ maxConcurrency: 1, maxQueue: 3 });
  });

  it('changes nothing if all places would be reserved, and says so once', async () => {
    const terms = new Map([['anna', { ...usualTerms, reserve: 2 }]]);
    const fair = { policy: 'fair', classPatienceMs: 60_000, terms } as const;
    const house = await House.open({ maxConcurrency: 4, slots: 4, fair });
    expect(() => {
      house.inference.resize({ maxConcurrency: 2 });
    }).toThrow(expect.objectContaining({ code: 'invalid_request' }));
    house.inference.resize({ maxQueue: 9 });
    expect(house.inference.limits).toEqual({ maxConcurrency: 4, maxQueue: 9 });
  });

  it('shows in the limits', async () => {
    const house = await House.open({ maxConcurrency: 1, slots: 2 });
    house.inference.resize({ maxConcurrency: 2, maxQueue: 0 });
    expect(house.inference.limits).toEqual({ maxConcurrency: 2, maxQueue: 0 });
  });
});
