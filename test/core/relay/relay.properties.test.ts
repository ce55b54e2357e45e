import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasPlacesFor } from '../../../src/core/executor/executor.js';
import type { Failure } from '../../../src/core/executor/upstream/exchange/failure.js';
import { Relay } from '../../../src/core/relay/relay.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { ask, type Asked } from './ask.js';
import { FakeExecutor, wholeAnswer } from './fake-executor.js';

const failures: readonly Failure[] = [
  { type: 'unreachable', reason: 'refused' },
  { type: 'busy', reason: 'busy', restMs: 1000, answer: wholeAnswer },
  { type: 'timed_out', reason: 'waited', answer: wholeAnswer },
  { type: 'error', reason: 'error', answer: wholeAnswer },
  { type: 'forbidden', reason: 'forbidden' },
  { type: 'broken', reason: 'broken' },
];

const step = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      type: fc.constant('ask' as const),
      model: fc.constantFrom('a', 'b'),
      places: fc.constantFrom(1, 1, 2, 3, 5),
    }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('begin' as const), nth: fc.nat(20) }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('end' as const), nth: fc.nat(20) }) },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('fail' as const), nth: fc.nat(20), how: fc.nat(failures.length - 1) }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('leave' as const), nth: fc.nat(20) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('become' as const),
      nth: fc.nat(2),
      status: fc.constantFrom('ready' as const, 'ready' as const, 'trying', 'cooling', 'draining', 'down'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      ...{ type: fc.constant('rest' as const), nth: fc.nat(2), model: fc.constantFrom('a', 'b') },
      isResting: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('resize' as const), most: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('wait' as const), ms: fc.nat(6000) }) },
);

describe('a relay', () => {
  it('loses nothing, ends everything once, leaks no place and lets none idle while somebody waits for it', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 80 }), (script) => {
        const clock = new VirtualClock();
        const executors = [
          new FakeExecutor('one', 1, ['a']),
          new FakeExecutor('two', 3, ['a', 'b']),
          new FakeExecutor('three', 2, ['b']),
        ];
        executors[1]?.placesByModel.set('b', 1);
        const options = { maxConcurrency: null, maxQueue: 5, queueTimeoutMs: 60_000, aliases: [] };
        const relay = new Relay(executors, options, clock);
        let settled = 0;
        relay.events(({ type }) => {
          if (type === 'settled') settled += 1;
        });
        const asked: Asked[] = [];
        const places = new Map<string, number>();
        const placesOf = (entries: readonly { readonly id: string }[]): number =>
          entries.reduce((sum, { id }) => sum + (places.get(id) ?? 1), 0);
        const runs = (): readonly (() => { executor: FakeExecutor; run: FakeExecutor['runs'][number] })[] =>
          executors.flatMap((executor) => executor.runs.map((run) => () => ({ executor, run })));
        const nthRun = (nth: number): ReturnType<ReturnType<typeof runs>[number]> | undefined => {
          const all = runs();
          return all[nth % Math.max(1, all.length)]?.();
        };
        const placedNow = (): number => placesOf(relay.snapshot().running.filter(({ executor }) => executor !== null));
        for (const each of script) {
          const placedBefore = placedNow();
          switch (each.type) {
            case 'ask':
              asked.push(ask(relay, each.model, { id: String(asked.length), places: each.places }));
              // No upstream runs more of them at once.
              places.set(String(places.size), Math.min(each.model === 'a' ? 3 : 2, each.places));
              break;
            case 'begin': {
              const found = nthRun(each.nth);
              if (found?.run.hasBegun === false) found.executor.begin(found.run);
              break;
            }
            case 'end': {
              const found = nthRun(each.nth);
              found?.executor.end(found.run);
              break;
            }
            case 'fail': {
              const found = nthRun(each.nth);
              const failure = failures[each.how];
              if (found !== undefined && failure !== undefined) found.executor.fail(found.run, failure);
              break;
            }
            case 'leave':
              asked[each.nth % Math.max(1, asked.length)]?.leave();
              break;
            case 'become':
              executors[each.nth]?.become(each.status);
              break;
            case 'rest':
              executors[each.nth]?.rest(each.model, each.isResting);
              break;
            case 'resize':
              relay.resize({ maxConcurrency: each.most });
              break;
            case 'wait':
              clock.advance(each.ms);
          }
          const { running, waiting } = relay.snapshot();
          expect(relay.running).toBe(placesOf(running));
          expect(relay.waiting).toBe(placesOf(waiting));
          // What has a place is what runs there.
          const placed = running.filter(({ executor }) => executor !== null);
          for (const executor of executors) {
            expect(executor.unwanted).toBe(0);
            const there = placed.filter((each) => each.executor === executor.name);
            const needed = there.map(({ id, model = '' }) =>
              Math.min(executor.forModel(model).places, places.get(id) ?? 1),
            );
            expect(needed.reduce((sum, each) => sum + each, 0)).toBe(executor.running);
            expect(executor.running).toBeLessThanOrEqual(executor.places);
            for (const [model, most] of executor.placesByModel) {
              expect(executor.runningOf(model)).toBeLessThanOrEqual(most);
            }
          }
          // More than may run have begun only before the limit was lowered, or as the choices of a single request.
          const isOne = placed.length === 1;
          if (!isOne) expect(placedNow()).toBeLessThanOrEqual(Math.max(placedBefore, relay.limits.maxConcurrency));
          // Of those that are first in their lines, none could start, but for places that are kept for one that needs several.
          const firsts = waiting.filter(({ position }) => position === 1);
          const unplaced = running.filter(({ executor }) => executor === null);
          const keepers = [...firsts, ...unplaced].filter(({ id }) => (places.get(id) ?? 1) > 1);
          for (const { id, model } of firsts) {
            const needed = places.get(id) ?? 1;
            const able = executors.filter((each) => each.serves(model ?? ''));
            const free = able.filter((each) => hasPlacesFor(each.forModel(model ?? ''), needed));
            const { maxConcurrency } = relay.limits;
            const hasRoom = placedNow() + Math.min(needed, maxConcurrency) <= maxConcurrency;
            if (hasRoom && keepers.every((each) => each.id === id)) expect(free.length).toBe(0);
          }
          expect(asked.every(({ ends }) => ends <= 1)).toBe(true);
        }
        for (const executor of executors) {
          for (const model of ['a', 'b']) executor.rest(model, false);
          executor.become('ready');
        }
        relay.resize({ maxConcurrency: 4 });
        for (let found = nthRun(0); found !== undefined; found = nthRun(0)) found.executor.end(found.run);
        expect(relay.running).toBe(0);
        expect(relay.waiting).toBe(0);
        // One that asks for more than may ever run has no part in the statistics.
        expect(settled).toBe(asked.filter(({ error }) => error?.code !== 'invalid_request').length);
        for (const { ends, hasLeft } of asked) expect(ends + (hasLeft() ? 1 : 0)).toBeGreaterThanOrEqual(1);
      }),
      { numRuns: 100, endOnFailure: true },
    );
  });
});
