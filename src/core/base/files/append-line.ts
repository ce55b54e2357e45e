import { type FileHandle, open, rm } from 'node:fs/promises';
import { member } from '../json.js';

/**
 * Adds a line at the end of a file, and creates the file if it does not exist. Operating systems do not interleave a
 * single write with that of another process, so no lock is needed. A last line that was cut off stays as it is, and the
 * new one begins below it.
 *
 * If the line does not fit on the disk, the file is left as it was: without a part of the line, and absent if it was
 * new. Only if another process has added something in the meantime does the part remain.
 *
 * @param line without a line feed
 * @throws the operating system's error
 */
export async function appendLine(path: string, line: string): Promise<void> {
  const { file, isNew } = await openToAppend(path);
  try {
    const { size } = await file.stat();
    const start = (await endsInLine(file, size)) ? '' : '\n';
    try {
      await writeWhole(file, `${start}${line}\n`, size);
    } catch (error) {
      if (isNew && (await file.stat()).size === 0) await rm(path, { force: true });
      throw error;
    }
  } finally {
    await file.close();
  }
}

/** Whether the file is new is known, so that it can be removed again. */
async function openToAppend(path: string): Promise<{ readonly file: FileHandle; readonly isNew: boolean }> {
  try {
    return { file: await open(path, 'ax+'), isNew: true };
  } catch (error) {
    if (member(error, 'code') !== 'EEXIST') throw error;
    return { file: await open(path, 'a+'), isNew: false };
  }
}

/** Whether the next addition begins a new line. */
async function endsInLine(file: FileHandle, size: number): Promise<boolean> {
  if (size === 0) return true;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer.toString() === '\n';
}

/** @param size of the file before */
async function writeWhole(file: FileHandle, text: string, size: number): Promise<void> {
  const bytes = Buffer.from(text);
  let written = 0;
  try {
    while (written < bytes.length) {
      const { bytesWritten } = await file.write(bytes, written, bytes.length - written);
      written += bytesWritten;
    }
  } catch (error) {
    // A part that cannot be removed is a line that was cut off, which readers leave out.
    if (written > 0 && (await file.stat()).size === size + written) await file.truncate(size).catch(() => undefined);
    throw error;
  }
}
