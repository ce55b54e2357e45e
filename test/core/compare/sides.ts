import { interleavedSides, separateSides, type Sides } from '../../../src/core/compare/side.js';
import type { BenchResult } from '../../../src/core/measurement/result-schema.js';
import { benchResult, type ResultDescription } from '../../support/bench-result.js';

/** A server as fast as its factor says, 5 trials at one setting; few requests, so that it is made quickly. */
export function resultOf(
  factor: number,
  setting: Partial<ResultDescription['settings'][number]> = {},
  more: Partial<ResultDescription> = {},
  seed = 1,
): BenchResult {
  const times = { completed: 250, spread: 0.1, queueWaitMs: 300 * factor, prefillMs: 40 * factor, tpotMs: 10 * factor };
  const settings = [{ maxConcurrency: 2, ...times, ...setting }];
  const { result } = benchResult({ trials: 5, settings, ...more, plan: { ...more.plan, seed } });
  // The seed makes the samples; the load is the same.
  return { ...result, plan: { ...result.plan, seed: 1 } };
}

export function pair(baseline: BenchResult, candidate: BenchResult): Sides {
  return separateSides({ name: 'base.json', result: baseline }, { name: 'new.json', result: candidate });
}

export function alternately(baseline: BenchResult, candidate: BenchResult): Sides {
  const { target, runs } = baseline;
  const sides = interleavedSides('versus.json', { ...candidate, versus: { target, runs } });
  if (sides === null) throw new Error('no second server');
  return sides;
}
