import { readFileSync } from 'node:fs';

/**
 * How many files this process may have open (`ulimit -n`; Node.js has already raised the soft limit to the hard one).
 *
 * @returns null if the system does not say, which is everywhere except on Linux
 */
export function openFilesLimit(): number | null {
  try {
    return openFilesIn(readFileSync('/proc/self/limits', 'utf8'));
  } catch {
    return null;
  }
}

/** The soft limit of open files in the text of `/proc/PID/limits`; null if there is none. */
export function openFilesIn(limits: string): number | null {
  const soft = /^Max open files +(\d+) /m.exec(limits)?.[1];
  return soft === undefined ? null : Number(soft);
}
