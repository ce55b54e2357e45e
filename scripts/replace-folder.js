import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** How many times another process may be faster before this one gives up. */
const mostAttempts = 100;

/**
 * Puts a whole folder in the place of another. Whoever reads there finds the old one or the new one, and never a part of one: for
 * the moment between two renames there is none. Several processes may do so at once; the last one wins. If it
 * fails, the old one is put back.
 *
 * @param {string} path what is replaced; it need not exist
 * @param {string} made what takes its place
 * @param {string} aside a folder of the same file system for the old one, which is removed there
 */
export function replaceFolder(path, made, aside) {
  for (let attempt = 1; ; attempt += 1) {
    const old = join(mkdtempSync(join(aside, 'old-')), 'old');
    try {
      moveIfThere(path, old);
      renameSync(made, path);
      return;
    } catch (error) {
      // Another process has put its own there between the two.
      const isTaken = ['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(error.code);
      if (isTaken && attempt < mostAttempts) continue;
      moveIfThere(old, path);
      throw error;
    } finally {
      rmSync(join(old, '..'), { recursive: true, force: true });
    }
  }
}

function moveIfThere(path, aside) {
  try {
    renameSync(path, aside);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}
