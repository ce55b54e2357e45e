import { randomUUID } from 'node:crypto';
import type { Stats } from 'node:fs';
import { access, constants, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { member } from '../json.js';
import { linkDestination } from './link-destination.js';

/** Errors of a folder in which no file can be replaced; the file itself may still be writable. */
const cannotReplace: ReadonlySet<unknown> = new Set(['EACCES', 'EPERM', 'EROFS', 'EBUSY']);

/**
 * Writes a text file so that its older content stays whole until the new content is: the new one is written beside it
 * and then renamed. Symbolic links are followed, and mode and owner are kept. Anything but a regular file, such as a
 * pipe, is written to directly, and so is a file whose folder does not let it be replaced, such as one that is mounted
 * on its own.
 *
 * Not write-file-atomic 7 or atomically 2: if only a part fits on the disk, both replace the file with that part.
 *
 * @throws the operating system's error; nothing is left behind, and an older file is whole
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  const older = await whatIsAt(path);
  // A rename would replace even a file that is write-protected.
  if (older !== null) await access(path, constants.W_OK);
  if (older?.isFile() === false) {
    await writeFile(path, text);
    return;
  }
  const target = linkDestination(path);
  const unfinished = join(dirname(target), `.chatstream-${randomUUID()}.tmp`);
  try {
    await writeNew(unfinished, text, older);
    await rename(unfinished, target);
  } catch (error) {
    await rm(unfinished, { force: true });
    if (!cannotReplace.has(member(error, 'code')) || older === null) throw error;
    await overwrite(path, text);
  }
}

/** Restores the older content if the new text does not fit. */
async function overwrite(path: string, text: string): Promise<void> {
  const older = await readFile(path);
  try {
    await writeFile(path, text);
  } catch (error) {
    // There was room for the older content. If even this fails, the first error says more.
    await writeFile(path, older).catch(() => undefined);
    throw error;
  }
}

async function writeNew(path: string, text: string, like: Stats | null): Promise<void> {
  const file = await open(path, 'wx', like === null ? 0o666 : like.mode & 0o777);
  try {
    await file.writeFile(text);
    if (like !== null) {
      // Only root may give a file away. Other users become its owner, which takes nothing from them.
      if (process.getuid?.() === 0) await file.chown(like.uid, like.gid);
      await file.chmod(like.mode);
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

async function whatIsAt(path: string): Promise<Stats | null> {
  try {
    return await stat(path);
  } catch (error) {
    if (member(error, 'code') === 'ENOENT') return null;
    throw error;
  }
}
