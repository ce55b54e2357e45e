import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file system of a few blocks, which gets full. */
export interface SmallDisk {
  readonly folder: string;
  /** Leaves room for so many blocks of 4096 bytes, with a file named `filler`. */
  fill(blocksLeft: number): void;
  remove(): void;
}

const blockBytes = 4096;

/** @returns null where this user may not mount one */
export function smallDisk(): SmallDisk | null {
  const folder = mkdtempSync(join(tmpdir(), 'chatstream-small-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${16 * blockBytes}`, 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    rmdirSync(folder);
    return null;
  }
  return {
    folder,
    fill: (blocksLeft) => {
      const filler = join(folder, 'filler');
      rmSync(filler, { force: true });
      writeFileSync(filler, Buffer.alloc((statfsSync(folder).bavail - blocksLeft) * blockBytes));
    },
    remove: () => {
      execFileSync('umount', [folder]);
      rmdirSync(folder);
    },
  };
}
