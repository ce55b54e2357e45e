import type { RequestOutcome } from '../../client/outcome.js';
import type { PlannedExtension } from '../../plan/options.js';

/**
 * How a run continues beyond its duration if too few requests have been answered by then. It is plain data that can be
 * sent to other threads, all of which share the counts: every client keeps sending until all of them together have
 * enough.
 */
export interface Extension {
  /** Requests to be completed in this run, by all workers together. */
  readonly requests: number;
  /** The latest time at which requests begin, in milliseconds after the warm-up. */
  readonly longestMs: number;
  /** Shared: how many counted requests were completed, and how many ended without an answer. */
  readonly ended: Int32Array;
  /**
   * The same for a run of another server at the same time, which continues as long as this one; absent: there is none.
   */
  readonly beside?: Int32Array;
}

const completed = 0;
const unanswered = 1;

/** One run's share of the requests that all trials of its setting are to have together. */
export function extensionOf({ requests, longestMs }: PlannedExtension, trials: number): Extension {
  return { requests: Math.ceil(requests / trials), longestMs, ended: new Int32Array(new SharedArrayBuffer(8)) };
}

/** For two runs at the same time, neither of which ends while the other needs more. */
export function sideBySide({ requests, longestMs }: Extension): readonly [Extension, Extension] {
  const [one, other] = [extensionOf({ requests, longestMs }, 1), extensionOf({ requests, longestMs }, 1)];
  return [
    { ...one, beside: other.ended },
    { ...other, beside: one.ended },
  ];
}

/** The same with counts that are kept elsewhere, for example by other machines. */
export function setEnded(
  { ended }: Extension,
  counts: { readonly completed: number; readonly unanswered: number },
): void {
  Atomics.store(ended, completed, counts.completed);
  Atomics.store(ended, unanswered, counts.unanswered);
}

/** Records the end of a counted request. */
export function countEnded({ ended }: Extension, { status }: RequestOutcome): void {
  if (status !== 'aborted') Atomics.add(ended, status === 'completed' ? completed : unanswered, 1);
}

/**
 * Whether more requests would help: there are not enough yet, and most were answered. If a server answers fewer, a
 * median says little however long it is measured.
 */
export function needsMore({ ended, beside, requests }: Extension): boolean {
  return hasTooFew(ended, requests) || (beside !== undefined && hasTooFew(beside, requests));
}

function hasTooFew(ended: Int32Array, requests: number): boolean {
  const answers = Atomics.load(ended, completed);
  return answers < requests && Atomics.load(ended, unanswered) <= answers;
}
