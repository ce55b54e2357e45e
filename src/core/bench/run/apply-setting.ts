import { setTimeout as delay } from 'node:timers/promises';
import { microsNow } from '../../base/micros.js';
import type { Setting } from '../../measurement/result-schema.js';
import type { Target } from '../target/target.js';

/** How long the remaining requests of the last run may take to end before the next one begins. */
const settleMs = 10_000;

/**
 * Sets the server's max-concurrency, if the setting has one, and waits until it is idle.
 *
 * @throws ChatstreamError `target_unreachable` if that is not possible
 */
export async function applySetting(
  { max_concurrency: maxConcurrency }: Setting,
  { queue }: Target,
  signal: AbortSignal,
): Promise<void> {
  if (queue === null || maxConcurrency === null) return;
  await queue.setMaxConcurrency(maxConcurrency);
  const deadlineUs = microsNow() + settleMs * 1000;
  while ((await queue.busy()) > 0 && microsNow() < deadlineUs && !signal.aborted) await delay(20);
}
