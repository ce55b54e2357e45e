import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../../../src/core/base/errors.js';
import type { Outcome } from '../../../../src/core/inference/request.js';
import type { Client, Heard } from '../client.js';
import { House, type HouseOptions } from '../house.js';

type Action =
  | { readonly do: 'come'; readonly maxTokens: number; readonly leaveAt: Heard['what'] | null }
  | { readonly do: 'leave'; readonly pick: number }
  | { readonly do: 'resize'; readonly maxConcurrency: number; readonly maxQueue: number }
  | { readonly do: 'pass'; readonly ms: number };

const maxConcurrency = fc.integer({ min: 1, max: 4 });
const maxQueue = fc.integer({ min: 0, max: 5 });

const leaveAt = fc.oneof(
  { weight: 8, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.constantFrom<Heard['what']>('started', 'text', 'ended', 'failed') },
);

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('come'), maxTokens: fc.integer({ min: 1, max: 8 }), leaveAt }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('leave'), pick: fc.nat({ max: 50 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('resize'), maxConcurrency, maxQueue }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('pass'), ms: fc.nat({ max: 40 }) }) },
);

const options: fc.Arbitrary<HouseOptions> = fc.record({
  maxConcurrency,
  maxQueue,
  slots: fc.constant(4),
  queueTimeoutMs: fc.constantFrom(0, 30, 200),
});

interface Rush {
  readonly house: House;
  readonly clients: readonly Client[];
}

/** Clients arrive and leave at random; some of those that remain at the end leave as well. */
async function rush(options: HouseOptions, actions: readonly Action[]): Promise<Rush> {
  const house = await House.open(options);
  const clients: Client[] = [];
  for (const action of actions) {
    switch (action.do) {
      case 'come': {
        const client = house.submit(`request ${clients.length}`, { maxTokens: action.maxTokens });
        const { leaveAt } = action;
        if (leaveAt !== null)
          client.on[leaveAt] = () => {
            client.leave();
          };
        clients.push(client);
        break;
      }
      case 'leave':
        clients[action.pick % Math.max(1, clients.length)]?.leave();
        break;
      case 'resize':
        house.inference.resize({ maxConcurrency: action.maxConcurrency, maxQueue: action.maxQueue });
        break;
      case 'pass':
        await house.pass(action.ms);
    }
  }
  return { house, clients };
}

/** Holds however clients arrive and leave. */
async function law(holds: (rush: Rush) => Promise<void>): Promise<void> {
  await fc.assert(
    fc.asyncProperty(options, fc.array(action, { maxLength: 60, size: 'max' }), async (options, actions) => {
      await holds(await rush(options, actions));
    }),
    { numRuns: 40 },
  );
}

const outcomeOfError: Partial<Record<ErrorCode, Outcome>> = { queue_timeout: 'timed_out', queue_full: 'refused' };

/** The outcome that a request should be counted as, judging by what its client knows. */
function expectedOutcome({ end, error, heard }: Client): Outcome {
  if (end?.what === 'ended') return 'completed';
  if (error === undefined || error.code === 'cancelled')
    return heard.length > 0 ? 'cancelled_running' : 'cancelled_waiting';
  const outcome = outcomeOfError[error.code];
  if (outcome === undefined) throw error;
  return outcome;
}

describe('when clients arrive and leave at random', () => {
  it('both queues and the engine are empty after the last one has left', () =>
    law(async ({ house, clients }) => {
      for (const client of clients) client.leave();
      await house.pass(0);
      expect({
        running: house.inference.running,
        waiting: house.inference.waiting,
        live: house.engine.live.size,
        timers: house.clock.pending,
      }).toEqual({ running: 0, waiting: 0, live: 0, timers: 0 });
    }));

  it('both queues and the engine become empty by themselves', () =>
    law(async ({ house }) => {
      await house.pass(10_000);
      expect({
        running: house.inference.running,
        waiting: house.inference.waiting,
        live: house.engine.live.size,
        timers: house.clock.pending,
      }).toEqual({ running: 0, waiting: 0, live: 0, timers: 0 });
    }));

  it('the next one is served at once when they are gone', () =>
    law(async ({ house, clients }) => {
      for (const client of clients) client.leave();
      await house.pass(0);
      const next = house.submit('next');
      await house.pass(50);
      expect(next).toMatchObject({ answer: '1 2 3 4', timings: { queueMs: 0, prefillMs: 20, decodeMs: 30 } });
    }));

  it('every request is settled once, with the outcome that its client saw', () =>
    law(async ({ house, clients }) => {
      await house.pass(10_000);
      expect(clients.map(({ id }) => house.outcomesOf(id))).toEqual(clients.map((client) => [expectedOutcome(client)]));
      expect(house.settled).toHaveLength(clients.length);
    }));

  it('every client that stays gets its whole answer', () =>
    law(async ({ house, clients }) => {
      await house.pass(10_000);
      for (const { end, answer, request } of clients) {
        if (end?.what !== 'ended') continue;
        expect(answer.split(' ')).toEqual(Array.from({ length: request.maxTokens }, (_, index) => `${index + 1}`));
        expect(end.timings).toMatchObject({ prefillMs: 20, outputTokens: request.maxTokens });
      }
    }));

  it('a drain ends, and no client is left without an answer', () =>
    law(async ({ house, clients }) => {
      let drained = false;
      void house.inference.drain().then(() => {
        drained = true;
      });
      await house.pass(10_000);
      expect(drained).toBe(true);
      expect(clients.every(({ id }) => house.outcomesOf(id).length === 1)).toBe(true);
    }));
});
