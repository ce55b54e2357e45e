import { mixSeeds, seededRandom } from '../../../base/random.js';
import type { CancelOptions } from '../../plan/cancel.js';
import type { Workload } from '../../workload/workload.js';

/** Keeps these draws apart from others of the same seed. */
const purpose = 0x1eaf;

/** Which clients leave, as plain data. */
export interface Leaving extends Pick<CancelOptions, 'share' | 'afterMs'> {
  readonly seed: number;
}

/**
 * A workload in which some requests are given up. Which ones is drawn before anything is sent, so it does not depend on
 * how long an answer takes, and is the same for any number of workers.
 */
export function withLeavers(workload: Workload, leaving: Leaving | null): Workload {
  if (leaving === null) return workload;
  const { share, afterMs, seed } = leaving;
  return {
    ...workload,
    conversation: (run, index) =>
      workload
        .conversation(run, index)
        .map((turn, number) =>
          seededRandom(mixSeeds(seed, purpose, run, index, number))() < share
            ? { ...turn, leavesAfterMs: afterMs }
            : turn,
        ),
  };
}
