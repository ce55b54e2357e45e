import { createHash } from 'node:crypto';
import { closeSync, ftruncateSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { ChatstreamError, messageOf } from '../base/errors.js';
import { loadTryLock, type TryLock } from '../base/files/file-lock.js';
import { member } from '../base/json.js';
import type { ModelCache } from './model-cache.js';

/**
 * Makes sure that no two processes write to the same model. The lock is one of the operating system on an open file
 * (fs-native-extensions), which has two advantages over a file whose existence is the lock: two processes cannot both
 * get it, and it ends with its process, however that dies, so there are no stale locks to take over. The file itself
 * stays, because another process may have opened it already and would then lock something that has been deleted.
 *
 * @param path of the model's first file in the cache
 * @param source for the message
 * @returns a function that releases the lock
 * @throws ChatstreamError `model_unreadable` if another process holds it
 */
export async function lockModel(cache: ModelCache, path: string, source: string): Promise<() => void> {
  const tryLock = await nativeTryLock();
  const name = createHash('sha256').update(cache.relativePath(path)).digest('hex').slice(0, 16);
  const lockPath = join(cache.folder, 'locks', `${name}.lock`);
  mkdirSync(dirname(lockPath), { recursive: true, mode: cache.modes.folder });
  const descriptor = openSync(lockPath, 'a+', cache.modes.file);
  try {
    if (!tryLock(descriptor)) {
      const holder = await holderOf(descriptor);
      throw new ChatstreamError(
        'model_unreadable',
        `${source} is being downloaded by another process${holder === null ? '' : ` (${holder})`}.`,
        { hint: 'Wait until it is done; its download will be used.' },
      );
    }
    ftruncateSync(descriptor);
    writeSync(descriptor, String(process.pid));
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
  return () => {
    closeSync(descriptor);
  };
}

async function nativeTryLock(): Promise<TryLock> {
  try {
    return await loadTryLock();
  } catch (error) {
    throw new ChatstreamError('model_unreadable', `Files cannot be locked on this system: ${messageOf(error)}`, {
      hint: 'Download the model with another program and give its path.',
      cause: error,
    });
  }
}

const HOLDER_READS = 20;
const HOLDER_READ_PAUSE_MS = 25;

/**
 * Waits for up to half a second, because the process that has just been granted the lock writes its number a moment
 * later. Until then, the file is empty or names the previous holder.
 *
 * @returns the process that holds a lock; null if it cannot be told, as on Windows, where the file cannot be read
 */
async function holderOf(descriptor: number): Promise<number | null> {
  for (let reads = 0; reads < HOLDER_READS; reads += 1) {
    const pid = numberIn(descriptor);
    if (pid !== null && isAlive(pid)) return pid;
    await setTimeout(HOLDER_READ_PAUSE_MS);
  }
  return null;
}

function numberIn(descriptor: number): number | null {
  const text = Buffer.alloc(16);
  try {
    const pid = Number(text.toString('latin1', 0, readSync(descriptor, text, 0, text.length, 0)));
    return Number.isSafeInteger(pid) && pid > 0 ? pid : null;
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // The process of another user exists too.
    return member(error, 'code') === 'EPERM';
  }
}
