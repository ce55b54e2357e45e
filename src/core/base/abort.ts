import type { Clock } from './clock.js';

/**
 * The promise's value, or, if the signal is aborted first, an immediate rejection with its reason. The promise itself
 * continues, but its outcome is ignored.
 */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      reject(signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason)));
    };
    const settled = (): void => {
      signal.removeEventListener('abort', onAbort);
    };
    promise.then(resolve, reject).then(settled, settled);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}

/**
 * A signal that is aborted with the reason of `source` when that is aborted, with `late` after `timeoutMs` (0: never),
 * or with the reason passed to `abort`.
 */
export function withDeadline(
  source: AbortSignal,
  timeoutMs: number,
  clock: Clock,
  reasons: { readonly aborted: () => Error; readonly late: () => Error },
): {
  readonly signal: AbortSignal;
  readonly abort: (reason: Error) => void;
  readonly dispose: () => void;
} {
  const controller = new AbortController();
  const onAbort = (): void => {
    controller.abort(reasons.aborted());
  };
  const cancelTimer =
    timeoutMs === 0
      ? undefined
      : clock.schedule(timeoutMs, () => {
          controller.abort(reasons.late());
        });
  if (source.aborted) onAbort();
  else source.addEventListener('abort', onAbort, { once: true });
  const dispose = (): void => {
    cancelTimer?.();
    source.removeEventListener('abort', onAbort);
  };
  const abort = (reason: Error): void => {
    controller.abort(reason);
  };
  return { signal: controller.signal, abort, dispose };
}
