import type { AbortRule } from '../plan/abort-rules.js';
import { abortReason } from './abort.js';
import { type BenchProgress, progressOf, runningRun, type RunUnderWay } from './progress.js';
import { commonRejection } from './rejections.js';

/** How often progress is shown and the run is judged. */
const everyMs = 200;

/** A run that is watched. */
export interface RunWatch {
  /** Aborted when the run should end before its time. */
  readonly gaveUp: AbortSignal;
  /** The rule that ended the run, as it was given; null if none did. */
  readonly abortedOn: string | null;
  stop(): void;
}

/**
 * Shows the progress of a run, and ends it when its first requests are all rejected or a rule applies.
 *
 * @param rules those of `--abort-on`
 */
export function watchRun(
  run: RunUnderWay,
  rules: readonly AbortRule[],
  onProgress: (progress: BenchProgress) => void,
): RunWatch {
  const giveUp = new AbortController();
  let abortedOn: string | null = null;
  const look = (): void => {
    onProgress(progressOf(run));
    if (commonRejection(run.load.snapshots()) !== null) giveUp.abort();
    if (rules.length > 0) abortedOn ??= abortReason(rules, runningRun(run));
    if (abortedOn !== null) giveUp.abort();
  };
  look();
  const timer = setInterval(look, everyMs);
  return {
    gaveUp: giveUp.signal,
    get abortedOn() {
      return abortedOn;
    },
    stop: () => {
      clearInterval(timer);
    },
  };
}
