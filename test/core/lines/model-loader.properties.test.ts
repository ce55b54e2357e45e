import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FakeRequest, House } from './fake-model.js';

const tenMinutesMs = 600_000;
const longestRequestMs = 5000;
const longestLoadMs = 4000;
const unloadMs = 100;

/** What it costs at most to change from a busy model to another: it serves its time, finishes what runs, and both swap. */
const swapMs = 3 * longestLoadMs + longestRequestMs + unloadMs;

const model = fc.record({
  bytes: fc.integer({ min: 1, max: 9 }),
  loadMs: fc.integer({ min: 100, max: longestLoadMs }),
  slots: fc.integer({ min: 1, max: 3 }),
});

const arrival = fc.record({
  atMs: fc.integer({ min: 0, max: tenMinutesMs }),
  model: fc.integer({ min: 0, max: 2 }),
  durationMs: fc.integer({ min: 1, max: longestRequestMs }),
});

const scripts = fc.record({
  models: fc.tuple(model, model, model),
  arrivals: fc.array(arrival, { minLength: 1, maxLength: 150, size: 'max' }),
  memoryBytes: fc.integer({ min: 9, max: 27 }),
  idleUnloadMs: fc.constantFrom(0, 5000, 60_000),
});

/** The longest that a request may wait: it does not depend on those that come later. */
function mayWaitMs(request: FakeRequest, all: readonly FakeRequest[]): number {
  const ahead = all.filter(
    ({ arrivedMs, endedMs }) => arrivedMs <= request.arrivedMs && (endedMs ?? Infinity) > request.arrivedMs,
  );
  return ahead.reduce((sum, { durationMs }) => sum + durationMs + swapMs, 2 * swapMs);
}

describe('three models, of which two may be loaded, over ten minutes', () => {
  it('starve nobody, interrupt nothing that runs, and stay within the forecast', () => {
    fc.assert(
      fc.property(scripts, ({ models, arrivals, memoryBytes, idleUnloadMs }) => {
        const house = new House(
          models.map((each, index) => ({ name: `model ${index}`, ...each })),
          { maxLoaded: 2, memoryBytes, idleUnloadMs },
        );
        house.loader.start();
        for (const { atMs, model: index, durationMs } of arrivals) {
          house.clock.schedule(atMs, () => house.models[index]?.ask(durationMs));
        }
        house.clock.advance(tenMinutesMs + arrivals.length * (longestRequestMs + swapMs));

        expect(house.faults).toEqual([]);
        const requests = house.models.flatMap(({ requests: each, faults }) => {
          expect(faults).toEqual([]);
          return each;
        });
        expect(requests).toHaveLength(arrivals.length);
        for (const request of requests) {
          expect(request.endedMs).toBe((request.startedMs ?? NaN) + request.durationMs);
          expect((request.startedMs ?? Infinity) - request.arrivedMs).toBeLessThanOrEqual(mayWaitMs(request, requests));
        }
      }),
      { numRuns: 60 },
    );
  });
});
