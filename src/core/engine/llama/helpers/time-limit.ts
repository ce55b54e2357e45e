import type { CancelTimer, Clock } from '../../../base/clock.js';
import type { ChatstreamError } from '../../../base/errors.js';
import { endedError, type HelperProcess } from './helper-process.js';

/** How long a process may take to be ready, in milliseconds. One that renders takes 0.15 s of a core, or 0.6 s with the whole library. */
export const longestStartMs = 60_000;

/** @param name of what the process does, as in `HelperTask` */
export function startError(name: string): ChatstreamError {
  return endedError(name, `it was not ready within ${longestStartMs / 1000} s`);
}

/** How long a process may take. */
export interface Patience {
  /** Milliseconds. */
  readonly longestMs: number;
  /** How long it continues when its caller no longer waits, in milliseconds. By then it may be done, and need not be started again. */
  readonly forNobodyMs?: number;
  /** Aborted when the caller no longer waits. */
  readonly signal?: AbortSignal;
}

/**
 * Kills a process that takes too long.
 *
 * @param late what is thrown then
 */
export async function within<T>(
  { longestMs, forNobodyMs = longestMs, signal }: Patience,
  clock: Clock,
  process: Pick<HelperProcess, 'kill'>,
  work: Promise<T>,
  late: () => Error,
): Promise<T> {
  const end = { isLate: false };
  const endIn = (leftMs: number): CancelTimer =>
    clock.schedule(leftMs, () => {
      end.isLate = true;
      process.kill();
    });
  let cancelTimer = endIn(longestMs);
  const onAbort = (): void => {
    cancelTimer();
    cancelTimer = endIn(forNobodyMs);
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await work;
  } catch (error) {
    throw end.isLate ? late() : error;
  } finally {
    cancelTimer();
    signal?.removeEventListener('abort', onAbort);
  }
}
