import { fstatSync, type Stats, statSync } from 'node:fs';

/** The descriptor of standard output. */
export const standardOutput = 1;

/**
 * Whether a path leads to the regular file to which standard output is redirected, as `/dev/stdout` does. Opened again,
 * the file would have a second position, and both would overwrite each other.
 *
 * @param descriptor for tests
 */
export function isOutputFile(path: string, descriptor = standardOutput): boolean {
  const there = statSync(path, { throwIfNoEntry: false });
  if (there?.isFile() !== true) return false;
  const output = statsOf(descriptor);
  return output !== null && output.dev === there.dev && output.ino === there.ino;
}

/** @returns null for one that is closed */
function statsOf(descriptor: number): Stats | null {
  try {
    return fstatSync(descriptor);
  } catch {
    return null;
  }
}
