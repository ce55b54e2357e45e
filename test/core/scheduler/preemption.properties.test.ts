import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FairScript, fairScripts, type FairShape, type FairStage, playFair } from './fair-stage.js';

const keys = ['anna', 'ben', 'eva'] as const;

function law(shape: Partial<FairShape>, hold: (script: FairScript) => void): void {
  const preemptAfterMs = fc.constantFrom(0, 50, 400);
  // To shrink a script of this length can take hours.
  const options = { numRuns: 100, endOnFailure: true };
  fc.assert(fc.property(fairScripts({ keys, limited: true, preemptAfterMs, ...shape }), hold), options);
}

/** Rounds until nothing is left, in the last of which a scheduler that starved a job would stay. */
function finish(stage: FairStage): void {
  for (let count = 0; stage.running.length + stage.waiting.length > 0; count += 1) {
    if (count > 10_000) throw new Error('Some never end.');
    stage.perform({ do: 'round', count: 1 });
  }
}

describe('a scheduler in which batch jobs give up their places', () => {
  it('never runs more jobs than allowed, of all and of a key, and lets no slot idle', () => {
    law({}, (script) => {
      playFair(script, ({ scheduler, running, waiting, maxConcurrency }) => {
        expect([scheduler.running, scheduler.waiting]).toEqual([running.length, waiting.length]);
        const limitOf = (key: string): number => script.fair.terms.get(key)?.maxRunning ?? Infinity;
        const ofKey = (key: string): number => running.filter(({ demand }) => demand.key === key).length;
        expect(keys.filter((key) => ofKey(key) > limitOf(key))).toEqual([]);
        if (running.length < maxConcurrency) {
          expect(waiting.every(({ demand }) => ofKey(demand.key) >= limitOf(demand.key))).toBe(true);
        }
      });
    });
  });

  it('pauses only batch jobs, each at most once, and each for an interactive one', () => {
    let paused = 0;
    law({}, (script) => {
      const { pauses } = playFair(script);
      paused += pauses.length;
      expect(new Set(pauses.map(({ job }) => job)).size).toBe(pauses.length);
      for (const { job, instead } of pauses) {
        expect([job.demand.trafficClass, instead?.demand.trafficClass]).toEqual(['batch', 'interactive']);
      }
    });
    expect(paused).toBeGreaterThan(0);
  });

  it('starts the jobs of one key and class in the order of their arrival, and lets paused ones go on first', () => {
    law({}, (script) => {
      for (const { job, waiting } of playFair(script).starts) {
        const { key, trafficClass } = job.demand;
        const peers = waiting.filter(({ demand }) => demand.key === key && demand.trafficClass === trafficClass);
        expect(peers[0]).toBe(job);
      }
    });
  });

  it('loses no job, starts none twice, and finishes all that were paused', () => {
    law({}, (script) => {
      const stage = playFair(script);
      finish(stage);
      const fates = [...stage.ended, ...stage.withdrawn].map(({ name }) => name);
      expect(fates.sort()).toEqual(stage.admitted.map(({ name }) => name).sort());
      const begun = stage.starts.filter(({ job }) => !stage.resumed.includes(job));
      expect(new Set(begun).size).toBe(begun.length);
      const over = new Set([...stage.resumed, ...stage.withdrawn]);
      expect(stage.pauses.every(({ job }) => over.has(job))).toBe(true);
      for (const job of stage.ended) expect(job.answered).toBe(job.answerTokens);
      expect(stage.scheduler.queuedTokens).toBe(0);
    });
  });

  it('gives positions in the order in which all would start now', () => {
    law({ limited: false }, (script) => {
      const stage = playFair(script);
      const listed = [...stage.scheduler.entries()];
      const before = stage.starts.length;
      stage.perform({ do: 'resize', maxConcurrency: 100_000 });
      const started = stage.starts.slice(before).map(({ job }) => job.name);
      expect(listed.map(({ job }) => job.name)).toEqual(started);
    });
  });

  it('ends a drain after all that have begun have ended', async () => {
    await fc.assert(
      fc.asyncProperty(fairScripts({ keys, preemptAfterMs: fc.constant(0) }), async (script) => {
        const stage = playFair(script);
        const begun = [...stage.running, ...stage.waiting.filter(({ status }) => status === 'paused')];
        const drained = stage.scheduler.drain();
        stage.waiting = stage.waiting.filter(({ status }) => status === 'paused');
        finish(stage);
        await drained;
        expect(begun.every((job) => stage.ended.includes(job))).toBe(true);
      }),
      { numRuns: 50, endOnFailure: true },
    );
  });
});
