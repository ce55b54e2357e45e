import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type FairScript, fairScripts, type FairShape, FairStage } from './fair-stage.js';

const keys = ['anna', 'ben', 'eva'] as const;
/** How often a position was compared with one that is not the first. */
let compared = 0;

/** After each action, whether the position of one job, asked for alone, is that in the order of all. */
function check({ maxConcurrency, fair, actions }: FairScript): void {
  const stage = new FairStage(maxConcurrency, fair);
  for (const [index, action] of actions.entries()) {
    stage.perform(action);
    // Positions that were found before tokens were generated may be kept until the line changes.
    stage.scheduler.configureKeys(fair.terms);
    compare(stage, index * 7919);
  }
}

function compare({ scheduler, waiting }: FairStage, pick: number): void {
  const job = waiting[pick % Math.max(1, waiting.length)];
  if (job?.status !== 'waiting') return;
  const found = scheduler.view(job);
  const listed = [...scheduler.entries()].find((entry) => entry.job === job);
  expect(found?.position).toBe(listed?.position);
  expect(found?.etaMs ?? -1).toBeCloseTo(listed?.etaMs ?? -1, 5);
  if (listed !== undefined && listed.position > 1) compared += 1;
}

function positionsAreThoseOfTheOrder(shape: Partial<FairShape>, least: number): void {
  compared = 0;
  fc.assert(
    fc.property(fairScripts({ keys, ...shape }), (script) => {
      check(script);
    }),
    { numRuns: 200, endOnFailure: true },
  );
  expect(compared).toBeGreaterThan(least);
}

it('of jobs of one class are those of the order', () => {
  positionsAreThoseOfTheOrder({ classes: ['standard'] }, 1000);
});

it('of jobs that rise by a class while they wait are those of the order', () => {
  positionsAreThoseOfTheOrder({ classPatienceMs: fc.constantFrom(0, 50, 120, 400) }, 1000);
});

it('are those of the order where batch jobs are paused', () => {
  positionsAreThoseOfTheOrder({ preemptAfterMs: fc.constantFrom(0, 100) }, 1000);
});

it('of keys with limits are those of the order', () => {
  positionsAreThoseOfTheOrder({ limited: true }, 1000);
});

it('by arrival are those of the order', () => {
  positionsAreThoseOfTheOrder({ policy: 'fifo', limited: true }, 1000);
});
