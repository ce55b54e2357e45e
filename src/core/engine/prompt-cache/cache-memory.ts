import { ChatstreamError } from '../../base/errors.js';
import { formatBytes } from '../../base/units.js';
import type { PromptCacheInfo } from '../engine.js';
import { memoryFileSystem, type StateFolder } from './state-files.js';

/** What `auto` takes of the free memory, and the most that it takes in bytes. */
const share = 1 / 4;
const mostBytes = 8 * 2 ** 30;

/** What stays free in the memory file system, which other programs use too. */
const usableShare = 0.9;

/** A cache that holds less than this is of no use. */
const leastBytes = 2 ** 20;

/**
 * Decides how much memory the prompt cache may take, and where.
 *
 * @param wanted bytes, `auto` or 0
 * @param freeBytes memory that is free once the model is loaded
 * @throws ChatstreamError `usage` if a size was asked for and there is no place for it
 */
export function cacheMemory(
  wanted: number | 'auto',
  freeBytes: number,
  folder: StateFolder | null = memoryFileSystem(),
): PromptCacheInfo {
  if (wanted === 0) return { status: 'off', reason: 'switched off by --prompt-cache 0' };
  if (folder === null) {
    if (wanted === 'auto') return { status: 'off', reason: 'this system has no file system in memory (/dev/shm)' };
    throw new ChatstreamError('usage', 'This system has no file system in memory (/dev/shm) for --prompt-cache.', {
      hint: 'Leave out --prompt-cache: conversations are then kept in their slots only.',
      param: 'prompt-cache',
    });
  }
  const usable = Math.floor(folder.freeBytes * usableShare);
  if (wanted !== 'auto' && wanted > usable) {
    throw new ChatstreamError(
      'usage',
      `--prompt-cache ${formatBytes(wanted)} does not fit: ${formatBytes(usable)} can be used in ${folder.path}.`,
      {
        hint: `Use a smaller --prompt-cache, or make ${folder.path} larger (in a container: --shm-size).`,
        param: 'prompt-cache',
      },
    );
  }
  const limitBytes = wanted === 'auto' ? Math.floor(Math.min(usable, mostBytes, freeBytes * share)) : wanted;
  if (limitBytes < leastBytes)
    return { status: 'off', reason: `only ${formatBytes(limitBytes)} of memory could be used` };
  return { status: 'on', folder: folder.path, limitBytes };
}
