import type { Clock } from '../../../base/clock.js';

/**
 * Starts something that can hang, and a second attempt beside it if the first takes unusually long: a hedged request.
 * The first attempt to succeed counts; the outcome of the other is ignored.
 *
 * @param afterMs how long the first attempt is alone, in milliseconds
 * @throws the error of the first attempt, once the second one, if there is one, has failed too
 */
export function hedged<T>(start: () => Promise<T>, afterMs: number, clock: Clock): Promise<T> {
  return new Promise((resolve, reject) => {
    let second: Promise<T> | null = null;
    const cancelTimer = clock.schedule(afterMs, () => {
      second = start();
      second.then(resolve, () => undefined);
    });
    const failed = (error: Error): void => {
      cancelTimer();
      if (second === null) reject(error);
      else
        second.catch(() => {
          reject(error);
        });
    };
    const succeeded = (value: T): void => {
      cancelTimer();
      resolve(value);
    };
    start().then(succeeded, failed);
  });
}
