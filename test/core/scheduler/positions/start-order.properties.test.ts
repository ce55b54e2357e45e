import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { KeyTerms } from '../../../../src/core/scheduler/jobs/demand.js';
import { trafficClasses } from '../../../../src/core/scheduler/jobs/traffic-class.js';
import { Scheduler } from '../../../../src/core/scheduler/scheduler.js';
import { VirtualClock } from '../../../support/virtual-clock.js';
import { KeyJob } from '../fair-stage.js';

const keys = ['anna', 'ben', 'eva'] as const;
const answerTokens = 5;

const terms: fc.Arbitrary<KeyTerms> = fc.record({
  share: fc.constantFrom(0.5, 1, 2),
  maxRunning: fc.option(fc.integer({ min: 1, max: 3 })),
  maxWaiting: fc.constant(null),
});

const scenes = fc.record({
  slots: fc.integer({ min: 1, max: 5 }),
  policy: fc.constantFrom('fair' as const, 'fifo' as const),
  terms: fc.tuple(terms, terms, terms),
  jobs: fc.array(
    fc.record({
      key: fc.constantFrom(...keys),
      trafficClass: fc.constantFrom(...trafficClasses),
      promptTokens: fc.integer({ min: 1, max: 40 }),
      endsBefore: fc.boolean(),
      places: fc.constantFrom(1, 1, 3),
    }),
    { minLength: 1, maxLength: 40, size: 'max' },
  ),
});

function byKey([anna, ben, eva]: readonly [KeyTerms, KeyTerms, KeyTerms]): ReadonlyMap<string, KeyTerms> {
  return new Map([
    ['anna', anna],
    ['ben', ben],
    ['eva', eva],
  ]);
}

it('positions are the order of starts, also where keys have limits, if jobs end in the order in which they began', () => {
  let limited = 0;
  fc.assert(
    fc.property(scenes, ({ slots, policy, terms, jobs }) => {
      const fair = { policy, classPatienceMs: 60_000, terms: byKey(terms) };
      const limits = { maxConcurrency: slots, maxQueue: 1000, queueTimeoutMs: 0 };
      const scheduler = new Scheduler<KeyJob>({ ...limits, fair }, new VirtualClock());
      const running: KeyJob[] = [];
      const started: string[] = [];
      scheduler.events((event) => {
        if (event.type !== 'started') return;
        running.push(event.job);
        started.push(event.job.name);
      });
      // Answers are as long as was paid for, so that ends change nothing.
      const endFirst = (): void => {
        const job = running.shift();
        if (job === undefined) return;
        for (let token = 0; token < answerTokens; token += 1) scheduler.countOutput(job);
        scheduler.release(job);
      };
      const isLimited = terms.some(({ maxRunning }) => maxRunning !== null);
      for (const [index, { key, trafficClass, promptTokens, endsBefore, places }] of jobs.entries()) {
        if (endsBefore) endFirst();
        const demand = { key, trafficClass, promptTokens, maxTokens: answerTokens };
        // Where keys have limits, the order in which several ends make room for one start decides as well.
        scheduler.admit(new KeyJob(`job ${index}`, demand, answerTokens, 0, isLimited ? 1 : places));
      }
      const listed = [...scheduler.entries()].map(({ job, position }) => {
        expect(scheduler.view(job)?.position).toBe(position);
        return job.name;
      });
      const before = started.length;
      // Without limits, all are taken to start at once: which of two keys with the same service runs less may decide.
      const hasLimits = [...scheduler.entries()].some(({ job }) => fair.terms.get(job.demand.key)?.maxRunning != null);
      scheduler.resize({ maxConcurrency: hasLimits ? slots + 1 : 1000 });
      while (running.length > 0) endFirst();
      expect(started.slice(before)).toEqual(listed);
      if (listed.length > 1 && hasLimits) limited += 1;
    }),
    { numRuns: 200, endOnFailure: true },
  );
  expect(limited).toBeGreaterThan(50);
});
