import { setTimeout as pause } from 'node:timers/promises';

const pollMs = 10;

/**
 * Polls until `probe` returns something other than undefined, null or false.
 *
 * @param what what is waited for, for the message of the failure
 * @param deadlineMs far longer than it ever takes: the machine may be busy
 * @returns what `probe` returned
 */
export async function until<T>(
  probe: () => T | Promise<T>,
  what: string,
  deadlineMs = 60_000,
): Promise<Exclude<T, undefined | null | false>> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const found = await probe();
    if (isThere(found)) return found;
    if (performance.now() > deadline) throw new Error(`Waited ${deadlineMs / 1000} s in vain for ${what}.`);
    await pause(pollMs);
  }
}

function isThere<T>(found: T): found is Exclude<T, undefined | null | false> {
  return found !== undefined && found !== null && found !== false;
}
