import {
  accessSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  openSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { ChatstreamError } from '../../base/errors.js';
import { fileReason, isDiskFull } from '../../base/files/file-errors.js';
import { linkDestination } from '../../base/files/link-destination.js';
import { member } from '../../base/json.js';
import { isOutputFile } from './standard-output.js';

/** Where the samples of a bench are collected, and what happens to them. */
export interface SamplesDestination {
  /** The file to append them to. */
  readonly path: string;
  /** Empties the file, because measuring begins. @throws ChatstreamError `output_failed` */
  begin(): void;
  /**
   * Gives the samples their final name. Incomplete samples keep theirs, or are removed if there are none.
   *
   * @throws ChatstreamError `output_failed`
   */
  end(isComplete: boolean): void;
}

/** For a file in a folder that accepts no other files: it is written to directly. */
const takesNoOther: ReadonlySet<unknown> = new Set(['EACCES', 'EPERM', 'EROFS']);

/**
 * Fails now rather than after the measurement if samples cannot be written, and leaves nothing behind.
 *
 * Until all are written, samples are in a file beside the one that was named, so that an older one stays whole.
 * Anything but a regular file, such as a pipe, is written to directly, and so are a file in a folder that accepts no
 * other files, and the file of standard output, which the report follows.
 *
 * @throws ChatstreamError `usage` if the file cannot be opened, `output_failed` if nothing can be written to it
 */
export function samplesDestination(path: string): SamplesDestination {
  try {
    const older = statSync(path, { throwIfNoEntry: false });
    if (isOutputFile(path)) return { path, begin: () => undefined, end: () => undefined };
    if (older !== undefined && !older.isFile()) {
      tryOut(path);
      return { path, begin: () => undefined, end: () => undefined };
    }
    return beside(path, older) ?? direct(path);
  } catch (error) {
    throw unwritable(path, error, isDiskFull(error) ? 'output_failed' : 'usage');
  }
}

/** @returns null if there is a file to write to, and its folder accepts no other files */
function beside(path: string, older: Stats | undefined): SamplesDestination | null {
  // A rename would replace even a file that is write-protected.
  if (older !== undefined) accessSync(path, constants.W_OK);
  const target = linkDestination(path);
  const incomplete = `${target}.incomplete`;
  const wasThere = existsSync(incomplete);
  try {
    tryOut(incomplete);
  } catch (error) {
    if (older !== undefined && takesNoOther.has(member(error, 'code'))) return null;
    throw error;
  } finally {
    if (!wasThere) rmSync(incomplete, { force: true });
  }
  return {
    path: incomplete,
    begin: () => {
      failingAs(path, () => {
        const file = openSync(incomplete, 'w');
        if (older !== undefined && fstatSync(file).isFile()) fchmodSync(file, older.mode & 0o777);
        closeSync(file);
      });
    },
    end: (isComplete) => {
      if (isComplete) {
        failingAs(path, () => {
          rename(incomplete, target);
        });
      } else if (statSync(incomplete, { throwIfNoEntry: false })?.size === 0) rmSync(incomplete);
    },
  };
}

function direct(path: string): SamplesDestination {
  tryOut(path);
  return {
    path,
    begin: () => {
      failingAs(path, () => {
        truncateSync(path);
      });
    },
    end: () => undefined,
  };
}

/** A file that is mounted on its own cannot be replaced. */
function rename(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (member(error, 'code') !== 'EBUSY') throw error;
    copyFileSync(from, to);
    rmSync(from);
  }
}

/** Only writing a byte shows that a disk is full. A reader of a pipe would see that byte, so pipes are not tried. */
function tryOut(path: string): void {
  const file = openSync(path, 'a');
  try {
    const stats = fstatSync(file);
    if (stats.isFile() || stats.isCharacterDevice()) writeSync(file, '\n');
    if (stats.isFile()) ftruncateSync(file, stats.size);
  } finally {
    closeSync(file);
  }
}

function failingAs(path: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    throw unwritable(path, error, 'output_failed');
  }
}

function unwritable(path: string, cause: unknown, code: 'output_failed' | 'usage'): ChatstreamError {
  return new ChatstreamError(code, `The samples ${path} cannot be written: ${fileReason(cause)}.`, {
    hint: isDiskFull(cause)
      ? 'Free some space there, or give --samples a path on another disk.'
      : 'Give --samples a path in a folder that exists and may be written to.',
    cause,
  });
}
