import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KeyTerms } from '../../../../src/core/scheduler/jobs/demand.js';
import { type TrafficClass, trafficClasses } from '../../../../src/core/scheduler/jobs/traffic-class.js';
import { type FairAction, type FairScript, fairScripts, FairStage, type KeyJob } from '../fair-stage.js';

const keys = ['anna', 'ben', 'eva'] as const;

/** Reserves for the first two keys and for one class. */
interface Reserved {
  readonly anna: number;
  readonly ben: number;
  readonly trafficClass: TrafficClass;
  readonly ofClass: number;
}

const reserved: fc.Arbitrary<Reserved> = fc.record({
  anna: fc.integer({ min: 0, max: 3 }),
  ben: fc.integer({ min: 0, max: 2 }),
  trafficClass: fc.constantFrom(...trafficClasses),
  ofClass: fc.integer({ min: 0, max: 2 }),
});

function totalOf({ anna, ben, ofClass }: Reserved): number {
  return anna + ben + ofClass;
}

function reserveOf(reserves: Reserved, key: string): number {
  return key === 'anna' ? reserves.anna : key === 'ben' ? reserves.ben : 0;
}

/** The script with these reserves, and with as many places more. */
function withReserves(script: FairScript, reserves: Reserved): FairScript {
  const total = totalOf(reserves);
  const terms = new Map<string, KeyTerms>();
  for (const [key, each] of script.fair.terms) {
    const reserve = reserveOf(reserves, key);
    const maxRunning = each.maxRunning === null ? null : Math.max(each.maxRunning, reserve);
    terms.set(key, { ...each, maxRunning, reserve });
  }
  const actions = script.actions.map((action): FairAction =>
    action.do === 'resize' ? { ...action, maxConcurrency: action.maxConcurrency + total } : action,
  );
  const classReserves = new Map([[reserves.trafficClass, reserves.ofClass]]);
  return { maxConcurrency: script.maxConcurrency + total, fair: { ...script.fair, terms, classReserves }, actions };
}

/** How many of the running jobs of a key, or of a class among keys without a reserve, use places that are theirs. */
function spareOf(reserves: Reserved, { running }: FairStage): { readonly held: number; readonly spareFor: SpareFor } {
  const ofKey = (key: string): number => running.filter(({ demand }) => demand.key === key).length;
  const inClass = running.filter(
    ({ demand }) => reserveOf(reserves, demand.key) === 0 && demand.trafficClass === reserves.trafficClass,
  ).length;
  const spareOfKey = (key: string): number => Math.max(0, reserveOf(reserves, key) - ofKey(key));
  const spareOfClass = Math.max(0, reserves.ofClass - inClass);
  return {
    held: keys.reduce((sum, key) => sum + spareOfKey(key), spareOfClass),
    spareFor: ({ demand }) => {
      if (reserveOf(reserves, demand.key) > 0) return spareOfKey(demand.key);
      return demand.trafficClass === reserves.trafficClass ? spareOfClass : 0;
    },
  };
}

type SpareFor = (job: KeyJob) => number;

function law(
  shape: { readonly resizing: boolean; readonly limited: boolean },
  hold: (stage: FairStage, script: FairScript, reserves: Reserved, random: FairScript) => void,
): void {
  fc.assert(
    fc.property(fairScripts({ keys, ...shape }), reserved, (random, reserves) => {
      const script = withReserves(random, reserves);
      hold(new FairStage(script.maxConcurrency, script.fair), script, reserves, random);
    }),
    { numRuns: 100, endOnFailure: true },
  );
}

describe('places that are held back', () => {
  it('are free for a job for which they are held as soon as it comes, and nobody else gets them', () => {
    law({ resizing: false, limited: false }, (stage, { actions }, reserves) => {
      for (const action of actions) {
        const { spareFor } = spareOf(reserves, stage);
        stage.perform(action);
        const newest = stage.admitted.at(-1);
        if (action.do === 'admit' && newest !== undefined && spareFor(newest) > 0) {
          expect(stage.running).toContain(newest);
        }
        const { held } = spareOf(reserves, stage);
        expect(stage.running.length + held).toBeLessThanOrEqual(stage.maxConcurrency);
        expect(stage.scheduler.room.heldPlaces).toBe(held);
      }
    });
  });

  it('never make more jobs run than allowed, and leave no other place idle', () => {
    law({ resizing: true, limited: true }, (stage, { actions, fair }, reserves) => {
      for (const action of actions) {
        const before = stage.starts.length;
        stage.perform(action);
        if (stage.starts.length > before) expect(stage.running.length).toBeLessThanOrEqual(stage.maxConcurrency);
        const { held, spareFor } = spareOf(reserves, stage);
        const isFull = (key: string): boolean => {
          const most = fair.terms.get(key)?.maxRunning ?? null;
          return most !== null && stage.running.filter(({ demand }) => demand.key === key).length >= most;
        };
        for (const job of stage.waiting.filter(({ demand }) => !isFull(demand.key))) {
          const places = stage.maxConcurrency - stage.running.length;
          expect(places <= 0 || (places <= held && spareFor(job) === 0)).toBe(true);
        }
      }
    });
  });

  it('let nobody starve: all jobs end, also while reserves are changed again and again', () => {
    law({ resizing: true, limited: false }, (stage, { actions, fair, maxConcurrency }, _reserves, random) => {
      for (const [index, action] of actions.entries()) {
        const isReserved = index % 3 === 0;
        stage.perform(action.do === 'resize' ? { ...action, maxConcurrency } : action);
        stage.scheduler.configureKeys(
          isReserved ? fair.terms : random.fair.terms,
          isReserved ? fair.classReserves : new Map(),
        );
      }
      stage.scheduler.configureKeys(fair.terms, fair.classReserves);
      for (let count = 0; stage.running.length > 0 && count < 5000; count += 1)
        stage.perform({ do: 'round', count: 1 });
      expect(stage.ended.length + stage.withdrawn.length).toBe(stage.admitted.length);
      expect(stage.scheduler.room.heldPlaces).toBe(totalOf(_reserves));
    });
  });

  it('leave at least one place to all while fewer are in order', () => {
    const inOrder = fc.array(fc.nat({ max: 8 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fairScripts({ keys, resizing: false }), reserved, inOrder, (random, reserves, numbers) => {
        const { maxConcurrency, fair, actions } = withReserves(random, reserves);
        const stage = new FairStage(maxConcurrency, fair);
        for (const [index, action] of actions.entries()) {
          const before = stage.starts.length;
          const number = numbers[index % numbers.length] ?? 0;
          stage.scheduler.confine(number);
          stage.perform(action);
          const places = Math.min(number, maxConcurrency);
          if (stage.starts.length > before) expect(stage.running.length).toBeLessThanOrEqual(places);
          const { held } = spareOf(reserves, stage);
          const withoutReserve = stage.running.length - (totalOf(reserves) - held);
          const isIdle = stage.running.length < places && stage.waiting.length > 0;
          if (isIdle) expect(withoutReserve).toBeGreaterThanOrEqual(Math.max(1, places - totalOf(reserves)));
        }
      }),
      { numRuns: 100, endOnFailure: true },
    );
  });

  it('let others run while the places in order are no more than the reserves', () => {
    const terms = new Map([['anna', { share: 1, maxRunning: null, maxWaiting: null, reserve: 2 }]]);
    const stage = new FairStage(3, { policy: 'fair', classPatienceMs: 0, terms });
    const ask = (key: string): void => {
      const tokens = { promptTokens: 1, answerTokens: 5, cachedTokens: 0 };
      stage.perform({ do: 'admit', key, trafficClass: 'standard', ...tokens });
    };
    stage.scheduler.confine(2);
    for (const key of ['ben', 'ben', 'anna']) ask(key);
    expect(stage.running.map(({ demand }) => demand.key)).toEqual(['ben', 'anna']);
    expect(stage.scheduler.room.heldPlaces).toBe(0);
    stage.scheduler.confine(1);
    stage.perform({ do: 'round', count: 20 });
    expect(stage.waiting).toEqual([]);
  });
});
