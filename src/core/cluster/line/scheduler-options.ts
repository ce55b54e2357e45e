import { trafficClasses } from '../../scheduler/jobs/traffic-class.js';
import type { SchedulerOptions } from '../../scheduler/scheduler.js';
import type { SettingsEntry } from '../messages.js';

/** Used before any front has set them; equal to the defaults of `serve`. */
const usual: SchedulerOptions = { maxConcurrency: Number.MAX_SAFE_INTEGER, maxQueue: 64, queueTimeoutMs: 60_000 };

/** What the settings of a line mean for its scheduler. */
export function schedulerOptionsOf(settings: SettingsEntry | null): SchedulerOptions {
  if (settings === null) return usual;
  const { maxConcurrency, maxQueue, queueTimeoutMs, maxQueuedTokens, ttftTargetMs, policy, classPatienceMs, keys } =
    settings;
  const limits = {
    maxConcurrency: maxConcurrency ?? usual.maxConcurrency,
    ...{ maxQueue, queueTimeoutMs, maxQueuedTokens, ttftTargetMs },
  };
  if (keys === null) return limits;
  const classReserves = new Map(
    keys.classReserves.flatMap(([name, places]) => {
      const known = trafficClasses.find((each) => each === name);
      return known === undefined ? [] : [[known, places] as const];
    }),
  );
  return { ...limits, fair: { policy, classPatienceMs, terms: new Map(keys.terms), classReserves } };
}
