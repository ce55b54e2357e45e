import { isDeepStrictEqual } from 'node:util';
import type { FairOptions } from '../../scheduler/fair-line.js';
import type { Scheduler } from '../../scheduler/scheduler.js';
import type { SettingsEntry } from '../messages.js';
import type { LineJob } from './line-request.js';
import { schedulerOptionsOf } from './scheduler-options.js';

/**
 * Changes the limits or the keys of a scheduler. Both at once, it cannot: either may fit only with the other.
 *
 * @returns whether the scheduler has the new settings; if not, there has to be another scheduler
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

/** What can be changed each by itself, and what a scheduler has for good. */
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
