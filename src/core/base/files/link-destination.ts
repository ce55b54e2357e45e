import { readlinkSync, realpathSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { member } from '../json.js';

/**
 * Where the symbolic links of a path lead, even if nothing is there yet.
 *
 * @throws the operating system's error, such as ELOOP
 */
export function linkDestination(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if (member(error, 'code') !== 'ENOENT') throw error;
  }
  const link = linkAt(path);
  return link === null ? path : linkDestination(resolve(realpathSync(dirname(path)), link));
}

/** What a symbolic link says; null if there is none. */
function linkAt(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch (error) {
    // EINVAL: it is a file by now.
    if (['ENOENT', 'EINVAL'].includes(String(member(error, 'code')))) return null;
    throw error;
  }
}
