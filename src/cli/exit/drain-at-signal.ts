import type { Logger } from '../../core/base/logger.js';
import type { FirstSignal } from './signals.js';

/** What is ended by a signal. */
interface Drained {
  /** Lets what runs finish for so many milliseconds. @returns how many generations were cut off */
  readonly drain: (timeoutMs: number) => Promise<number>;
  /** Logs what the second signal, which ends the process at once, cuts off. */
  readonly onSecond: (signal: NodeJS.Signals) => void;
}

/**
 * Waits until a signal or a request asks for the end, and drains.
 *
 * @returns how many generations were cut off
 */
export async function drainAtSignal(
  { signalled, beforeEnd }: Pick<FirstSignal, 'signalled' | 'beforeEnd'>,
  timeoutMs: number,
  logger: Logger,
  { drain, onSecond }: Drained,
): Promise<number> {
  const signal = await signalled;
  logger.info({ signal, drain_timeout_ms: timeoutMs }, 'draining: a second signal ends the process at once');
  beforeEnd(onSecond);
  return await drain(timeoutMs);
}
