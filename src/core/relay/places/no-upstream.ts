import type { ChatstreamError } from '../../base/errors.js';
import { drainedUpstreamsError, noUpstreamError } from '../../base/refusals/upstream-refusals.js';
import { isUsable } from '../../executor/executor.js';
import type { RelayExecutor } from '../jobs/relay-executor.js';
import { anyModel, type ModelLine } from '../jobs/relay-job.js';

/** Whether none accepts new requests because an operator wants it so: all that answer are being drained. */
export function areDrained(executors: readonly Pick<RelayExecutor, 'status'>[]): boolean {
  return !executors.some(isUsable) && executors.some(({ status }) => status === 'draining');
}

/** The refusal of a request that no upstream has accepted for a while: `engine_unavailable`. */
export function refusalWithoutUpstream(
  { model, scheduler }: ModelLine,
  executors: readonly RelayExecutor[],
): ChatstreamError {
  const able = executors.filter((executor) => executor.serves(model));
  const refusal = areDrained(able) ? drainedUpstreamsError : noUpstreamError;
  return refusal(model === anyModel ? null : model, scheduler.retryAfterSeconds());
}
