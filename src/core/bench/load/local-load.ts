import { inThreadLoad } from './in-thread.js';
import { inWorkersLoad } from './in-workers.js';
import type { LoadGenerator } from './load-generator.js';

/** Sends from this machine. @param workers threads */
export function localLoad(workers: number): LoadGenerator {
  return workers === 1 ? inThreadLoad() : inWorkersLoad(workers);
}
