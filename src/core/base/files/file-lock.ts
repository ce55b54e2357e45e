import { member } from '../json.js';

/** A range of bytes of a file, which need not exist. */
interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/**
 * Requests the operating system's exclusive lock on an open file. The lock ends when the descriptor is closed, or when
 * the process ends in any way, so there are no stale locks.
 *
 * @param descriptor of a file that is open for writing
 * @param range by default the whole file; macOS always locks the whole file
 * @returns whether it was granted
 */
export type TryLock = (descriptor: number, range?: ByteRange) => boolean;

/** Loads the native package that locks files. @throws the package's own error on a system for which it is not built */
export async function loadTryLock(): Promise<TryLock> {
  const { tryLock } = await import('fs-native-extensions');
  return (descriptor, range) => {
    try {
      if (range === undefined || process.platform === 'darwin') return tryLock(descriptor);
      return tryLock(descriptor, range.offset, range.length);
    } catch (error) {
      // This is how Windows reports that another process holds the lock.
      if (member(error, 'code') === 'EBUSY') return false;
      throw error;
    }
  };
}
