import type { Rejection } from '../client/rejection.js';
import type { RunPart } from '../record/run-part.js';
import { rejectedError } from '../target/rejected.js';

/** What is known about one worker's first requests. */
interface Worker {
  readonly rejection: Rejection | null;
}

/** Why the first requests of all workers were rejected; null if some were not. */
export function commonRejection(workers: readonly Worker[]): Rejection | null {
  return workers.every(({ rejection }) => rejection !== null) ? (workers[0]?.rejection ?? null) : null;
}

/**
 * @param url of the server, without its query
 * @param workers their latest states
 * @throws ChatstreamError `target_unreachable` if all of a run's first requests were rejected
 */
export function checkAccepted(url: string, workers: readonly Worker[], parts: readonly RunPart[]): void {
  const rejection = commonRejection(workers) ?? commonRejection(parts.filter(hasRequests));
  if (rejection !== null) throw rejectedError(url, rejection);
}

/** Some workers have nothing to send. */
function hasRequests({ warmup, completed, refused, failed, timedOut }: RunPart): boolean {
  return warmup + completed + refused + failed + timedOut > 0;
}
