import type { Subscribable } from '../../base/emitter.js';
import type { Executor } from '../executor.js';

/** Several engines that share the work of one line, as the line sees them. */
export interface Replicas {
  readonly executors: readonly Executor[];
  /** Generations that those that are up may have at once; 0 if none is up. */
  readonly placesUp: number;
  /** Emitted when {@link placesUp} has changed. */
  readonly changes: Subscribable<undefined>;
}
