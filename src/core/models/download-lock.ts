import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { ChatstreamError } from '../base/errors.js';

/**
 * Sees to it that no two processes write to the same unfinished file. A lock whose process has died is taken over.
 *
 * @param path of the unfinished file
 * @returns what gives it back
 * @throws ChatstreamError `model_unreadable` if another process downloads it
 */
export function lockDownload(path: string, name: string): () => void {
  const lock = `${path}.lock`;
  mkdirSync(dirname(path), { recursive: true });
  for (;;) {
    const descriptor = create(lock);
    if (descriptor !== null) {
      writeSync(descriptor, String(process.pid));
      closeSync(descriptor);
      return () => {
        rmSync(lock, { force: true });
      };
    }
    const holder = holderOf(lock);
    if (holder !== null && lives(holder)) {
      throw new ChatstreamError('model_unreadable', `${name} is being downloaded by another process (${holder}).`, {
        hint: 'Wait until it is done. What it downloads will be used.',
      });
    }
    rmSync(lock, { force: true });
  }
}

function create(lock: string): number | null {
  try {
    return openSync(lock, 'wx');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return null;
    throw error;
  }
}

/** @returns null if it has gone, or was left behind before its number was written */
function holderOf(lock: string): number | null {
  try {
    const pid = Number(readFileSync(lock, 'utf8'));
    return Number.isSafeInteger(pid) && pid > 0 ? pid : null;
  } catch {
    return null;
  }
}

function lives(pid: number): boolean {
  if (pid === process.pid) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, and belongs to somebody else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
