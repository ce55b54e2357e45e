import { statfs } from 'node:fs/promises';

/** Room on the disk of a file or folder, for this user; null if unknown. */
export async function freeBytes(path: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  } catch {
    // It only adds to a message that has its own reason.
    return null;
  }
}
