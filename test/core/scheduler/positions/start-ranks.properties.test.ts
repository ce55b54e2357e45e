import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KeyTerms } from '../../../../src/core/scheduler/jobs/demand.js';
import {
  type FairAction,
  type FairScript,
  fairScripts,
  type FairShape,
  FairStage,
  type KeyJob,
  longestAnswer,
  longestPrompt,
} from '../fair-stage.js';

const keys = ['anna', 'ben', 'eva'] as const;
/** With so many, the order of all is soon less work than one position after the other. */
const someKeys = Array.from({ length: 20 }, (_, index) => `key ${index}`);
/** Most of so many stay as they are for a while. */
const manyKeys = Array.from({ length: 90 }, (_, index) => `key ${index}`);

const shapes: readonly (readonly [name: string, shape: Partial<FairShape>])[] = [
  ['of one class', { classes: ['standard'] }],
  ['of some keys', { keys: someKeys }],
  ['of many keys', { keys: manyKeys, classes: ['standard'] }],
  ['of many keys in several classes', { keys: manyKeys, classPatienceMs: fc.constantFrom(400, 60_000) }],
  ['that rise by a class while they wait', { classPatienceMs: fc.constantFrom(0, 50, 120, 400) }],
  [
    'some of which have waited elsewhere',
    { classPatienceMs: fc.constantFrom(50, 120, 400), waitedMs: fc.constantFrom(0, 0, 30, 100, 300) },
  ],
  ['beside some that are paused', { preemptAfterMs: fc.constantFrom(0, 100) }],
  ['that need several places', { places: fc.constantFrom(1, 1, 2, 4) }],
  ['of keys with limits', { limited: true }],
  ['by arrival', { policy: 'fifo', limited: true }],
];

const terms: fc.Arbitrary<ReadonlyMap<string, KeyTerms>> = fc
  .array(
    fc.tuple(
      fc.constantFrom(...keys),
      fc.record({
        share: fc.double({ min: 0.1, max: 10, noNaN: true }),
        maxRunning: fc.constantFrom(null, null, null, 2),
        maxWaiting: fc.constant(null),
      }),
    ),
    { maxLength: 3 },
  )
  .map((entries) => new Map(entries));

/** Where jobs stand in the order of all, which takes them in turns. */
function orderOf({ scheduler }: FairStage): ReadonlyMap<KeyJob, number> {
  return new Map([...scheduler.entries()].map(({ job, position }) => [job, position]));
}

/** A wait follows from the position and the work ahead. */
function expectSameWait({ scheduler }: FairStage, job: KeyJob): void {
  const etaMs = scheduler.view(job)?.etaMs ?? null;
  const expectedMs = [...scheduler.entries()].find((entry) => entry.job === job)?.etaMs ?? null;
  if (etaMs === null || expectedMs === null) expect(etaMs).toBe(expectedMs);
  else expect(Math.abs(etaMs - expectedMs)).toBeLessThanOrEqual(1e-6 * Math.max(1, expectedMs));
}

function askFor({ scheduler }: FairStage, job: KeyJob | undefined): number | undefined {
  return job?.status === 'waiting' ? scheduler.view(job)?.position : undefined;
}

type Changes = readonly FairScript['fair']['terms'][];

/** @param compare returns how many positions it has compared */
function law(shape: Partial<FairShape>, compare: (script: FairScript, changes: Changes) => number): void {
  let compared = 0;
  fc.assert(
    fc.property(fairScripts({ keys, ...shape }), fc.array(terms, { maxLength: 2 }), (script, changes) => {
      compared += compare({ ...script, actions: [...crowd(shape.keys ?? []), ...script.actions] }, changes);
    }),
    { numRuns: shape.keys === manyKeys ? 6 : 40, endOnFailure: true },
  );
  expect(compared).toBeGreaterThan(200);
}

/** Two jobs of each of many keys. */
function crowd(of: readonly string[]): readonly FairAction[] {
  if (of.length < manyKeys.length) return [];
  return [...of, ...of].map((key, index) => {
    const promptTokens = 1 + ((index * 17) % longestPrompt);
    const answerTokens = 1 + ((index * 7) % longestAnswer);
    const lengths = { promptTokens, answerTokens, cachedTokens: 0 };
    return { do: 'admit', key, trafficClass: 'standard', ...lengths };
  });
}

/** Plays actions, and reloads the keys from time to time. */
function play(
  { maxConcurrency, fair, actions }: FairScript,
  changes: Changes,
  afterEach: (stage: FairStage, step: number) => void,
): void {
  const stage = new FairStage(maxConcurrency, fair);
  for (const [step, action] of actions.entries()) {
    stage.perform(action);
    const change = step % 40 === 39 ? changes[Math.floor(step / 40)] : undefined;
    if (change !== undefined) stage.scheduler.configureKeys(change);
    afterEach(stage, step);
  }
}

describe.each(shapes)('positions of jobs %s', (_, shape) => {
  it('are those in the order of all, also if one is asked for alone', () => {
    law(shape, (script, changes) => {
      let compared = 0;
      play(script, changes, (stage, step) => {
        const job = stage.waiting[(step * 7919) % Math.max(1, stage.waiting.length)];
        const position = askFor(stage, job);
        if (job === undefined || position === undefined) return;
        expect(position).toBe(orderOf(stage).get(job));
        expectSameWait(stage, job);
        if (position > 1) compared += 1;
      });
      return compared;
    });
  });

  it('are all different, whenever and in whatever order they are asked for', () => {
    law(shape, (script, changes) => {
      let compared = 0;
      play(script, changes, (stage, step) => {
        const { waiting } = stage;
        // Running jobs may get tokens after the first of them, or their order, and before the others.
        if (step % 4 === 3) orderOf(stage);
        else askFor(stage, waiting[(step * 7919) % Math.max(1, waiting.length)]);
        if (step % 3 < 2) return;
        const asked = (step % 2 === 0 ? waiting : waiting.toReversed()).filter(({ status }) => status === 'waiting');
        const told = new Map(asked.map((job) => [job, askFor(stage, job)]));
        expect(new Set(told.values()).size).toBe(told.size);
        const order = orderOf(stage);
        for (const [job, position] of told) expect(position).toBe(order.get(job));
        compared += told.size;
      });
      return compared;
    });
  });
});
