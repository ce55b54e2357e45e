import { closeSync, existsSync, mkdtempSync, openSync, rmSync, statfsSync, unlinkSync } from 'node:fs';
import { platform } from 'node:os';
import { join } from 'node:path';

/** Where Linux mounts an in-memory file system. */
const memoryFolder = '/dev/shm';

/** The numbers by which Linux' `statfs` names file systems in memory: tmpfs and ramfs. */
const memoryTypes = [0x0102_1994, 0x8584_58f6];

/** Where Linux shows the open files of a process, by which they can be opened again. */
const descriptors = '/proc/self/fd';

/** A place for files that are read and written at the speed of memory. */
export interface StateFolder {
  readonly path: string;
  /** Bytes that are free in it. */
  readonly freeBytes: number;
}

/**
 * The folder in memory that this system has, if it has one.
 *
 * @returns null on systems other than Linux, and where the folder is not in memory
 */
export function memoryFileSystem(path = memoryFolder): StateFolder | null {
  if (platform() !== 'linux' || !existsSync(descriptors)) return null;
  try {
    const { type, bavail, bsize } = statfsSync(path);
    return memoryTypes.includes(type) ? { path, freeBytes: bavail * bsize } : null;
  } catch {
    return null;
  }
}

/**
 * A file without a name, by the path under which native code can open it. Its memory is freed when it is closed, and
 * also when this process ends for any reason: a crash leaves nothing behind.
 */
export class StateFile {
  readonly path: string;
  readonly #descriptor: number;

  private constructor(descriptor: number) {
    this.#descriptor = descriptor;
    this.path = `${descriptors}/${descriptor}`;
  }

  /** @throws the system's error if no file can be created */
  static create(folder: string): StateFile {
    const parent = mkdtempSync(join(folder, 'chatstream-'));
    try {
      const name = join(parent, 'state');
      const descriptor = openSync(name, 'wx+', 0o600);
      unlinkSync(name);
      return new StateFile(descriptor);
    } finally {
      rmSync(parent, { recursive: true });
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}
