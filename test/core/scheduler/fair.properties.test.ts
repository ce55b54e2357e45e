import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { outputWeight, promptWeight } from '../../../src/core/scheduler/jobs/key-account.js';
import {
  type FairScript,
  fairScripts,
  type FairShape,
  FairStage,
  longestAnswer,
  longestPrompt,
  playFair,
} from './fair-stage.js';

const keys = ['anna', 'ben', 'eva'] as const;

function law(shape: Partial<FairShape>, hold: (script: FairScript) => void): void {
  // To shrink a script of this length can take hours.
  fc.assert(fc.property(fairScripts({ keys, ...shape }), hold), { numRuns: 100, endOnFailure: true });
}

describe('a scheduler for several keys', () => {
  it('never runs more jobs than allowed, and lets no slot idle', () => {
    law({}, (script) => {
      playFair(script, ({ scheduler, running, waiting, starts, maxConcurrency }) => {
        expect(scheduler.running).toBe(running.length);
        expect(scheduler.waiting).toBe(waiting.length);
        if (waiting.length > 0) expect(running.length).toBeGreaterThanOrEqual(maxConcurrency);
        expect(new Set(starts.map(({ job }) => job)).size).toBe(starts.length);
      });
    });
  });

  it('never runs more of a key than its limit, and leaves a slot idle only for that', () => {
    law({ limited: true }, (script) => {
      playFair(script, ({ running, waiting, maxConcurrency }) => {
        const isFull = (key: string): boolean => {
          const most = script.fair.terms.get(key)?.maxRunning ?? null;
          return most !== null && running.filter(({ demand }) => demand.key === key).length >= most;
        };
        for (const key of keys) {
          const most = script.fair.terms.get(key)?.maxRunning ?? Infinity;
          expect(running.filter(({ demand }) => demand.key === key).length).toBeLessThanOrEqual(most);
        }
        if (running.length < maxConcurrency) expect(waiting.every(({ demand }) => isFull(demand.key))).toBe(true);
      });
    });
  });

  it('starts the jobs of one key and class in the order of their arrival', () => {
    law({ limited: true }, (script) => {
      for (const { job, waiting } of playFair(script).starts) {
        const { key, trafficClass } = job.demand;
        const peers = waiting.filter(({ demand }) => demand.key === key && demand.trafficClass === trafficClass);
        expect(peers[0]).toBe(job);
      }
    });
  });

  it('starts all jobs in the order of their arrival with the policy fifo', () => {
    law({ policy: 'fifo' }, (script) => {
      for (const { job, waiting } of playFair(script).starts) expect(waiting[0]).toBe(job);
    });
  });

  it('loses no job and starts none twice', () => {
    law({ limited: true }, (script) => {
      const stage = playFair(script);
      stage.perform({ do: 'resize', maxConcurrency: 100_000 });
      for (let count = 0; stage.running.length + stage.waiting.length > 0; count += 1) {
        if (count > 100_000) throw new Error('Some never end.');
        stage.perform({ do: 'round', count: 1 });
      }
      const fates = [...stage.ended, ...stage.withdrawn].map(({ name }) => name);
      expect(fates.sort()).toEqual(stage.admitted.map(({ name }) => name).sort());
    });
  });

  it('gives positions in the order in which all would start now', () => {
    law({}, (script) => {
      const stage = playFair(script);
      const positions = new Map(stage.waiting.map((job) => [job, stage.scheduler.view(job)?.position]));
      const listed = [...stage.scheduler.entries()];
      const before = stage.starts.length;
      stage.perform({ do: 'resize', maxConcurrency: 100_000 });
      const started = stage.starts.slice(before).map(({ job }) => job);
      expect(listed.map(({ job }) => job.name)).toEqual(started.map(({ name }) => name));
      expect(started.map((job) => positions.get(job))).toEqual(started.map((_, index) => index + 1));
    });
  });

  it('gives the position 1 to the job that starts next, also where keys have limits', () => {
    law({ limited: true }, (script) => {
      const stage = playFair(script);
      const [first] = stage.scheduler.entries();
      const before = stage.starts.length;
      stage.perform({ do: 'resize', maxConcurrency: stage.running.length + 1 });
      const next = stage.starts.at(before)?.job;
      if (next !== undefined) expect(first?.job).toBe(next);
    });
  });
});

/**
 * The bound of "Fairness in Serving Large Language Models" (Sheng et al., OSDI 2024), by which the services of two keys that have
 * waiting jobs all the time differ by at most 2 · max(weight · longest prompt, weight · tokens that fit into the running batch);
 * here divided by the smallest share.
 */
function bound({ maxConcurrency, fair }: FairScript): number {
  const inBatch = maxConcurrency * (longestPrompt + longestAnswer);
  const shares = [...fair.terms.values()].map(({ share }) => share);
  return (2 * Math.max(promptWeight * longestPrompt, outputWeight * inBatch)) / Math.min(1, ...shares);
}

/** No job rises by a class: those that have go first whatever their keys have had, so that there is no bound. */
const unrisen = fc.constantFrom(0, 3_600_000);

/** Checks the largest difference of any two keys in any time in which both have waiting jobs. */
function differencesAreWithinBound(of: readonly string[]): void {
  const pairs = of.flatMap((one, index) => of.slice(index + 1).map((other) => [one, other] as const));
  let compared = 0;
  law({ keys: of, classes: ['standard'], resizing: false, classPatienceMs: unrisen }, (script) => {
    const most = bound(script);
    // The differences since both have had waiting jobs: of all of them, the least and the greatest matter.
    const since = new Map<string, { readonly least: number; readonly greatest: number }>();
    playFair(script, (stage) => {
      for (const [one, other] of pairs) {
        const pair = `${one} ${other}`;
        if (stage.waitingOf(one) === 0 || stage.waitingOf(other) === 0) {
          since.delete(pair);
          continue;
        }
        const ahead = normalised(stage, script, one) - normalised(stage, script, other);
        const earlier = since.get(pair);
        const least = Math.min(earlier?.least ?? ahead, ahead);
        const greatest = Math.max(earlier?.greatest ?? ahead, ahead);
        if (earlier !== undefined) {
          expect(greatest - least).toBeLessThanOrEqual(most);
          compared += 1;
        }
        since.set(pair, { least, greatest });
      }
    });
  });
  expect(compared).toBeGreaterThan(1000);
}

describe('service of two keys that always have waiting jobs', () => {
  it('differs by no more than the bound, for any arrivals, lengths, shares and cancellations', () => {
    differencesAreWithinBound(['anna', 'ben']);
  });

  it('differs by no more than the bound beside another key', () => {
    differencesAreWithinBound(keys);
  });

  it('is in proportion to their shares in the long run', () => {
    const terms = (share: number): { share: number; maxRunning: null; maxWaiting: null } => ({
      share,
      maxRunning: null,
      maxWaiting: null,
    });
    const stage = new FairStage(4, {
      policy: 'fair',
      classPatienceMs: 60_000,
      terms: new Map([
        ['anna', terms(3)],
        ['ben', terms(1)],
      ]),
    });
    for (let count = 0; count < 3000; count += 1) {
      // Ben asks for long answers, which must not get him more.
      stage.perform(job('anna', 5));
      stage.perform(job('ben', 30));
    }
    stage.perform({ do: 'round', count: 2000 });
    const [anna = 0, ben = 0] = ['anna', 'ben'].map((key) => stage.service.get(key));
    expect(anna / ben).toBeGreaterThan(2.9);
    expect(anna / ben).toBeLessThan(3.1);
  });
});

function normalised({ service }: FairStage, { fair }: FairScript, key: string): number {
  return (service.get(key) ?? 0) / (fair.terms.get(key)?.share ?? 1);
}

function job(
  key: string,
  answerTokens: number,
  trafficClass: 'interactive' | 'standard' | 'batch' = 'standard',
): Parameters<FairStage['perform']>[0] {
  return { do: 'admit', key, trafficClass, promptTokens: 10, answerTokens, cachedTokens: 0 };
}

describe('classes', () => {
  it('let a higher one go first', () => {
    law({ limited: false, classPatienceMs: fc.constant(3_600_000) }, (script) => {
      for (const { job, waiting } of playFair(script).starts) {
        const ranks = waiting.map(({ demand }) => ['interactive', 'standard', 'batch'].indexOf(demand.trafficClass));
        expect(['interactive', 'standard', 'batch'].indexOf(job.demand.trafficClass)).toBe(Math.min(...ranks));
      }
    });
  });

  it('let no job starve: one that has risen starts as soon as its key has had the least service', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 30 }), (slots, answerTokens) => {
        const patience = 1000;
        const stage = new FairStage(slots, { policy: 'fair', classPatienceMs: patience, terms: new Map() });
        for (let count = 0; count < 500; count += 1)
          stage.perform(job(keys[count % 2] ?? '', answerTokens, 'interactive'));
        stage.perform(job('eva', 5, 'batch'));
        const late = stage.admitted.at(-1);
        stage.perform({ do: 'advance', ms: 2 * patience });
        const before = stage.starts.length;
        while (late?.status === 'waiting') stage.perform({ do: 'round', count: 1 });
        expect(stage.starts.length - before).toBeLessThanOrEqual(slots + 3);
      }),
    );
  });

  it('are all the same without patience', () => {
    const stage = new FairStage(1, { policy: 'fair', classPatienceMs: 0, terms: new Map() });
    stage.perform(job('anna', 3));
    stage.perform(job('anna', 3, 'batch'));
    stage.perform(job('anna', 3, 'interactive'));
    stage.perform({ do: 'round', count: 3 });
    expect(stage.running[0]?.demand.trafficClass).toBe('batch');
  });
});

describe('a key that comes back', () => {
  it('has not saved up while it was away', () => {
    const stage = new FairStage(1, { policy: 'fair', classPatienceMs: 60_000, terms: new Map() });
    for (let count = 0; count < 400; count += 1) stage.perform(job('anna', 10));
    stage.perform({ do: 'round', count: 1000 });
    for (let count = 0; count < 100; count += 1) stage.perform(job('ben', 10));
    const before = stage.starts.length;
    stage.perform({ do: 'round', count: 400 });
    const started = stage.starts.slice(before).map(({ job: { demand } }) => demand.key);
    const share = started.filter((key) => key === 'ben').length / started.length;
    expect(share).toBeGreaterThan(0.4);
    expect(share).toBeLessThan(0.6);
  });

  it('goes before one with many jobs in flight', () => {
    const stage = new FairStage(2, { policy: 'fair', classPatienceMs: 60_000, terms: new Map() });
    for (let count = 0; count < 50; count += 1) stage.perform(job('anna', 20));
    stage.perform({ do: 'round', count: 90 });
    stage.perform(job('ben', 5));
    const bens = stage.admitted.at(-1);
    expect(bens && stage.scheduler.view(bens)?.position).toBe(1);
  });
});
