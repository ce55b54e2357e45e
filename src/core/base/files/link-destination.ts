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

/** The target of a symbolic link; null if it is not a link. */
function linkAt(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch (error) {
    // EINVAL: by now, it is a file.
    if (['ENOENT', 'EINVAL'].includes(String(member(error, 'code')))) return null;
    throw error;
  }
}
