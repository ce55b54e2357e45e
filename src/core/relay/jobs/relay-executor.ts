import type { Upstream } from '../../executor/upstream/upstream.js';
import type { RelayJob } from './relay-job.js';

/** What the relay needs of an upstream. */
export type RelayExecutor = Pick<
  Upstream,
  | 'name'
  | 'url'
  | 'kind'
  | 'status'
  | 'places'
  | 'arePlacesKnown'
  | 'running'
  | 'models'
  | 'downReason'
  | 'serves'
  | 'resting'
  | 'forModel'
  | 'upstreamName'
  | 'run'
  | 'drain'
  | 'events'
>;

/** Whether it has the model of a job, and can continue the answer if that has begun. */
export function canGoOn(executor: Pick<RelayExecutor, 'kind' | 'serves'>, job: RelayJob): boolean {
  return executor.serves(job.line.model) && (job.resumePoint === null || executor.kind === 'chatstream');
}
