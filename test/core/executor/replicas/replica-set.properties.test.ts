import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Client } from '../../inference/client.js';
import { countedTo, ReplicaStage } from './replica-stage.js';

type Action =
  | { readonly do: 'come'; readonly maxTokens: number }
  | { readonly do: 'leave'; readonly pick: number }
  | { readonly do: 'die'; readonly replica: number }
  | { readonly do: 'resize'; readonly maxConcurrency: number }
  | { readonly do: 'pass'; readonly ms: number };

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('come'), maxTokens: fc.integer({ min: 1, max: 12 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('leave'), pick: fc.nat({ max: 50 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('die'), replica: fc.nat({ max: 2 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('resize'), maxConcurrency: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('pass'), ms: fc.nat({ max: 60 }) }) },
);

/** Longer than any restart and any answer: an engine that was given up is tried again after a minute. */
const untilAllIsOverMs = 200_000;

async function run(stage: ReplicaStage, actions: readonly Action[]): Promise<readonly Client[]> {
  const clients: Client[] = [];
  const left = new Set<Client>();
  for (const each of actions) {
    switch (each.do) {
      case 'come':
        clients.push(stage.submit(`request ${clients.length}`, { maxTokens: each.maxTokens }));
        break;
      case 'leave': {
        const client = clients[each.pick % Math.max(1, clients.length)];
        client?.leave();
        if (client !== undefined) left.add(client);
        break;
      }
      case 'die':
        await stage.kill(each.replica);
        break;
      case 'resize':
        stage.inference.resize({ maxConcurrency: each.maxConcurrency });
        break;
      case 'pass':
        await stage.pass(each.ms);
    }
    for (const { running, places } of stage.set.executors) expect(running).toBeLessThanOrEqual(places);
  }
  await stage.pass(untilAllIsOverMs);
  return clients.filter((client) => !left.has(client));
}

it('loses nothing and says nothing twice, however engines die, clients come and leave, and limits change', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 2, maxLength: 3 }).filter((all) => sumOf(all) >= 4),
      fc.array(action, { maxLength: 60, size: 'max' }),
      async (places, actions) => {
        const stage = await ReplicaStage.open({ places });
        // A client that hears anything after its end, or after it has left, throws.
        const clients = await run(stage, actions);
        // None is given to a dead process, and none has more than its places.
        expect(stage.faults).toEqual([]);
        for (const client of clients) {
          if (client.error !== undefined) {
            expect(['engine_failed', 'engine_unavailable']).toContain(client.error.code);
            continue;
          }
          expect(client.end?.what).toBe('ended');
          expect(client.answer).toBe(countedTo(client.request.maxTokens));
          expect(client.timings?.outputTokens).toBe(client.request.maxTokens);
        }
        expect(stage.inference).toMatchObject({ running: 0, waiting: 0 });
        expect(stage.set.executors.every(({ running, status }) => running === 0 && status === 'ready')).toBe(true);
        expect(stage.set.placesUp).toBe(sumOf(places));
      },
    ),
    { numRuns: 60 },
  );
});

it('a single death fails nothing', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 12 }),
      fc.nat({ max: 1 }),
      fc.nat({ max: 150 }),
      async (lengths, replica, atMs) => {
        const stage = await ReplicaStage.open();
        const clients = lengths.map((maxTokens, index) => stage.submit(`request ${index}`, { maxTokens }));
        await stage.pass(atMs);
        await stage.kill(replica);
        await stage.pass(untilAllIsOverMs);
        expect(clients.map(({ answer }) => answer)).toEqual(lengths.map(countedTo));
        expect(stage.faults).toEqual([]);
      },
    ),
    { numRuns: 60 },
  );
});

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
