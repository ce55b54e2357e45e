import { isUsable } from '../../executor/executor.js';
import type { Failure } from '../../executor/upstream/exchange/failure.js';
import { canGoOn, type RelayExecutor } from '../jobs/relay-executor.js';
import type { RelayJob } from '../jobs/relay-job.js';

/**
 * How often a request is sent before it fails. A request that brings servers down must not take all of them with it.
 * Upstreams that are known to be down do not count, because nothing is sent to them.
 */
const mostAttempts = 5;

/** A client is told about a longer rest, if no other upstream has the model; in milliseconds. */
const longestQuietRestMs = 10_000;

/**
 * Whether a job whose attempt has failed is sent again, instead of ending.
 *
 * @param executors all that there are
 */
export function isWorthRetrying(job: RelayJob, failure: Failure, executors: readonly RelayExecutor[]): boolean {
  const hasOther = executors.some((other) => canGoOn(other, job) && isUsable(other) && !job.failedAt.has(other.name));
  switch (failure.type) {
    case 'unreachable':
      return true;
    // It was as patient as this server would have been.
    case 'timed_out':
      return false;
    case 'busy': {
      const others = executors.filter((other) => {
        const { status } = other.forModel(job.model);
        return other.name !== job.executor && (status === 'ready' || status === 'trying');
      });
      const isShort = failure.restMs <= longestQuietRestMs;
      return isShort || others.some((other) => canGoOn(other, job));
    }
    case 'error':
    case 'forbidden':
    case 'unfit':
      return hasOther && job.attempts < mostAttempts;
    case 'broken':
      return job.attempts < mostAttempts;
  }
}
