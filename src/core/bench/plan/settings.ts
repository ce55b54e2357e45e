import type { Setting } from '../../measurement/result-schema.js';

/** 1, 2, 4, … up to `most`, and `most` itself. */
export function powersOfTwo(most: number): number[] {
  const powers: number[] = [];
  for (let power = 1; power < most; power *= 2) powers.push(power);
  return [...powers, most];
}

/** One measurement: a setting, and which repeat of it this is. */
export interface PlannedRun {
  readonly setting: Setting;
  /** From 1. */
  readonly trial: number;
}

/**
 * Every setting in every trial, interleaved: all settings once, then all again. A machine that slows down in the course
 * of a run then does so to all settings alike.
 */
export function planRuns(settings: readonly Setting[], trials: number): PlannedRun[] {
  return Array.from({ length: trials }, (_, index) =>
    settings.map((each) => ({ setting: each, trial: index + 1 })),
  ).flat();
}
