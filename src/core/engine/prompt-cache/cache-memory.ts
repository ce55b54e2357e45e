import { ChatstreamError } from '../../base/errors.js';
import { formatBytes } from '../../base/units.js';
import type { PromptCacheInfo } from '../prompt-cache-activity.js';
import { memoryFileSystem, type StateFolder } from './state-files.js';

/** The share of the free memory that `auto` takes, and its maximum in bytes. */
const share = 1 / 4;
const mostBytes = 8 * 2 ** 30;

/** What stays free in the memory file system, which other programs use too. */
const usableShare = 0.9;

/** Number of conversations if the limit of open files is unknown, and the maximum number of files. */
const usualEntries = 256;
const mostFiles = 65_536;

/** A smaller cache is useless. */
const leastBytes = 2 ** 20;

/**
 * How many conversations may be kept: each takes an open file.
 *
 * @param files how many files the process may have open; null if unknown
 */
export function mostEntries(files: number | null): number {
  return files === null ? usualEntries : Math.max(1, Math.floor(Math.min(files, mostFiles) / 2));
}

/**
 * Checks a requested size before anything is loaded.
 *
 * @param models how many may be loaded at once, each with a cache of this size
 * @throws ChatstreamError `usage` if there is no place for it
 */
export function checkCacheMemory(
  wanted: number | 'auto',
  folder: StateFolder | null = memoryFileSystem(),
  models = 1,
): void {
  if (wanted === 'auto' || wanted === 0) return;
  if (folder === null) {
    throw new ChatstreamError('usage', 'This system has no file system in memory (/dev/shm) for --prompt-cache.', {
      hint: 'Leave out --prompt-cache: conversations are then kept in their slots only.',
      param: 'prompt-cache',
    });
  }
  const usable = usableOf(folder);
  if (wanted * models <= usable) return;
  const each = models === 1 ? '' : ` for each of ${models} models`;
  throw new ChatstreamError(
    'usage',
    `--prompt-cache ${formatBytes(wanted)}${each} does not fit: ${formatBytes(usable)} can be used in ${folder.path}.`,
    {
      hint: `Use a smaller --prompt-cache, or make ${folder.path} larger (in a container: --shm-size).`,
      param: 'prompt-cache',
    },
  );
}

/**
 * Decides how much memory the prompt cache takes, and where. A size that was asked for may have become too large since
 * {@link checkCacheMemory}, when an engine is restarted: the cache is then smaller.
 *
 * @param wanted bytes, `auto` or 0
 * @param freeBytes memory that is free once the model is loaded
 * @param engines how many engines share what `auto` finds
 */
export function cacheMemory(
  wanted: number | 'auto',
  freeBytes: number,
  folder: StateFolder | null = memoryFileSystem(),
  engines = 1,
): PromptCacheInfo {
  if (wanted === 0) return { status: 'off', reason: 'switched off by --prompt-cache 0' };
  if (folder === null) return { status: 'off', reason: 'this system has no file system in memory (/dev/shm)' };
  const most = wanted === 'auto' ? Math.min(mostBytes, freeBytes * share, usableOf(folder)) / engines : wanted;
  const limitBytes = Math.floor(Math.min(usableOf(folder), most));
  if (limitBytes < leastBytes)
    return { status: 'off', reason: `only ${formatBytes(limitBytes)} of memory could be used` };
  return { status: 'on', folder: folder.path, limitBytes };
}

function usableOf({ freeBytes }: StateFolder): number {
  return Math.floor(freeBytes * usableShare);
}
