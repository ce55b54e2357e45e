import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { trafficClasses } from '../../../../src/core/scheduler/jobs/traffic-class.js';
import type { Client } from '../../inference/client.js';
import { countedTo, ReplicaStage, type StageOptions } from './replica-stage.js';

const fair = { policy: 'fair', classPatienceMs: 60_000, preemptAfterMs: 50, terms: new Map() } as const;
const night = { key: 'night', trafficClass: 'batch', maxTokens: 30 } as const;
const person = { key: 'person', trafficClass: 'interactive', maxTokens: 5 } as const;

function open(options: StageOptions = {}): Promise<ReplicaStage> {
  return ReplicaStage.open({ places: [1, 1], fair, ...options });
}

function counts({ inference: { running, waiting, paused } }: ReplicaStage): object {
  return { running, waiting, paused };
}

describe('batch generations on several engines, of which one is paused', () => {
  it('give up the place of the one that began last, and go on in whichever engine is free first', async () => {
    const stage = await open();
    const [first, second] = await stage.admit(['first', 'second'], night);
    await stage.pass(105);
    const [interactive] = await stage.admit(['interactive'], { ...person, maxTokens: 100 });
    await stage.pass(50);
    expect(stage.child(1).begun).toEqual(['second', 'interactive']);
    expect(stage.child(0).begun).toEqual(['first']);
    expect(counts(stage)).toEqual({ running: 2, waiting: 1, paused: 1 });
    await stage.pass(2000);
    // The engine of the first was free before that of the interactive one.
    expect(stage.child(0).begun).toEqual(['first', 'second-resumed']);
    expect([first?.answer, second?.answer, interactive?.answer]).toEqual([30, 30, 100].map(countedTo));
    expect(second?.timings).toMatchObject({ outputTokens: 30, executor: 'local-1' });
    expect(first?.timings).not.toHaveProperty('pausedMs');
    expect(stage.faults).toEqual([]);
  });

  it('pause for nobody while an engine is down that has left them without a place', async () => {
    const stage = await open();
    await stage.admit(['first', 'second'], night);
    await stage.pass(105);
    await stage.kill(0);
    await stage.admit(['interactive'], person);
    await stage.pass(60);
    // A pause would free no place: the other one needs it.
    expect(counts(stage)).toEqual({ running: 2, waiting: 1, paused: 0 });
    await stage.pass(2000);
    expect(counts(stage)).toEqual({ running: 0, waiting: 0, paused: 0 });
    expect(stage.faults).toEqual([]);
  });

  it('go on elsewhere if the engine dies on which they were paused', async () => {
    const stage = await open();
    const [first, second] = await stage.admit(['first', 'second'], night);
    await stage.pass(105);
    const [interactive] = await stage.admit(['interactive'], person);
    await stage.pass(50);
    await stage.kill(1);
    await stage.pass(3000);
    expect([first?.answer, second?.answer, interactive?.answer]).toEqual([30, 30, 5].map(countedTo));
    expect(counts(stage)).toEqual({ running: 0, waiting: 0, paused: 0 });
    expect(stage.faults).toEqual([]);
  });

  it('are paused once each, lose nothing and say nothing twice, however engines die and clients come and leave', async () => {
    let paused = 0;
    const come = fc.record({
      do: fc.constant('come' as const),
      trafficClass: fc.constantFrom(...trafficClasses),
      maxTokens: fc.integer({ min: 1, max: 12 }),
    });
    const action = fc.oneof(
      { weight: 6, arbitrary: come },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), pick: fc.nat({ max: 50 }) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('die' as const), replica: fc.nat({ max: 1 }) }) },
      { weight: 5, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.nat({ max: 60 }) }) },
    );
    const scripts = fc.tuple(fc.constantFrom(0, 20), fc.array(action, { maxLength: 50, size: 'max' }));
    const property = fc.asyncProperty(scripts, async ([preemptAfterMs, actions]) => {
      const stage = await open({ places: [2, 1], fair: { ...fair, preemptAfterMs } });
      const pauses: string[] = [];
      stage.inference.events((event) => {
        if (event.type === 'paused') pauses.push(event.id);
      });
      const clients: Client[] = [];
      const left = new Set<Client>();
      for (const each of actions) {
        if (each.do === 'come') {
          const { trafficClass, maxTokens } = each;
          clients.push(stage.submit(`request ${clients.length}`, { key: trafficClass, trafficClass, maxTokens }));
        } else if (each.do === 'pass') await stage.pass(each.ms);
        else if (each.do === 'die') await stage.kill(each.replica);
        else {
          const client = clients[each.pick % Math.max(1, clients.length)];
          client?.leave();
          if (client !== undefined) left.add(client);
        }
        for (const { running, places } of stage.set.executors) expect(running).toBeLessThanOrEqual(places);
      }
      // Longer than any restart: an engine that was given up is tried again after a minute.
      await stage.pass(200_000);
      expect(stage.faults).toEqual([]);
      expect(new Set(pauses).size).toBe(pauses.length);
      paused += pauses.length;
      for (const client of clients) {
        if (left.has(client)) continue;
        if (client.error === undefined) expect(client.answer).toBe(countedTo(client.request.maxTokens));
        else expect(['engine_failed', 'engine_unavailable']).toContain(client.error.code);
      }
      expect(counts(stage)).toEqual({ running: 0, waiting: 0, paused: 0 });
    });
    await fc.assert(property, { numRuns: 30, endOnFailure: true });
    expect(paused).toBeGreaterThan(0);
  });
});
