import { isDeepStrictEqual } from 'node:util';
import type { FairOptions } from '../../scheduler/fair-line.js';
import type { Scheduler } from '../../scheduler/scheduler.js';
import type { SettingsEntry } from '../messages.js';
import type { LineJob } from './line-request.js';
import { schedulerOptionsOf } from './scheduler-options.js';

/**
 * Changes the limits or the keys of a scheduler. It cannot change both at once: either may only fit together with the
 * other.
 *
 * @returns whether the scheduler has the new settings; if not, another scheduler is needed
 */
export function reconfigure(
  scheduler: Scheduler<LineJob>,
  before: SettingsEntry | null,
  after: SettingsEntry,
): boolean {
  const former = partsOf(before);
  const { limits, keys, lasting } = partsOf(after);
  if (!isDeepStrictEqual(lasting, former.lasting)) return false;
  const areKeysSame = isDeepStrictEqual(keys, former.keys);
  if (isDeepStrictEqual(limits, former.limits)) {
    if (!areKeysSame && keys !== null) scheduler.configureKeys(keys.terms, keys.classReserves);
    return true;
  }
  if (areKeysSame) scheduler.resize(limits);
  return areKeysSame;
}

/** Settings that can each be changed separately, and settings that a scheduler keeps for good. */
function partsOf(settings: SettingsEntry | null) {
  const { maxConcurrency, maxQueue, fair, ...others } = schedulerOptionsOf(settings);
  return {
    limits: { maxConcurrency, maxQueue },
    keys: fair === undefined ? null : keysOf(fair),
    lasting: { ...others, policy: fair?.policy, classPatienceMs: fair?.classPatienceMs },
  };
}

function keysOf({
  terms,
  classReserves = new Map(),
}: FairOptions): Required<Pick<FairOptions, 'terms' | 'classReserves'>> {
  return { terms, classReserves };
}
