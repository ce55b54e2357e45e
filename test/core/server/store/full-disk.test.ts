import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openFileStorage } from '../../../../src/core/server/store/file-storage.js';
import type { Storage } from '../../../../src/core/server/store/store.js';
import { silentLogger } from '../../../support/silent-logger.js';
import { type SmallDisk, smallDisk } from '../../../support/small-disk.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

const probe = smallDisk();
probe?.remove();

function fullDisk(blocksLeft: number): SmallDisk {
  const disk = smallDisk();
  if (disk === null) throw new Error('there is no small disk');
  onTestFinished(() => {
    disk.remove();
  });
  disk.fill(blocksLeft);
  return disk;
}

function open(path: string): Promise<Storage> {
  return openFileStorage({ path, ttlMs: 0, clock: new VirtualClock(), logger: silentLogger });
}

describe.skipIf(probe === null)('a new store on a full disk', () => {
  it.each([0, 1, 2, 3])('is refused with %d blocks left, and opened once there is room', async (blocksLeft) => {
    const disk = fullDisk(blocksLeft);
    const path = join(disk.folder, 'store.db');
    await expect(open(path)).rejects.toMatchObject({
      code: 'storage_failed',
      message: `--store ${path} cannot be used: the disk is full.`,
    });
    rmSync(join(disk.folder, 'filler'));
    await (await open(path)).close();
  });
});
