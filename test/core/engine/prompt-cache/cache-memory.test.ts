import { describe, expect, it } from 'vitest';
import { cacheMemory, checkCacheMemory, mostEntries } from '../../../../src/core/engine/prompt-cache/cache-memory.js';

const gib = 2 ** 30;
const folder = { path: '/memory', freeBytes: 10 * gib };

describe('the memory of the prompt cache', () => {
  it('is by itself a quarter of the free memory, at most 8 GiB', () => {
    expect(cacheMemory('auto', 4 * gib, folder)).toEqual({ status: 'on', folder: '/memory', limitBytes: gib });
    expect(cacheMemory('auto', 100 * gib, folder)).toMatchObject({ limitBytes: 8 * gib });
  });

  it('is shared out among several engines', () => {
    expect(cacheMemory('auto', 4 * gib, folder, 2)).toMatchObject({ limitBytes: gib / 2 });
    expect(cacheMemory('auto', 100 * gib, { path: '/memory', freeBytes: gib }, 3)).toMatchObject({
      limitBytes: Math.floor((0.9 * gib) / 3),
    });
  });

  it('never takes all of the file system', () => {
    expect(cacheMemory('auto', 100 * gib, { path: '/memory', freeBytes: gib })).toMatchObject({
      limitBytes: Math.floor(0.9 * gib),
    });
    expect(() => {
      checkCacheMemory(2 * gib, { path: '/memory', freeBytes: gib });
    }).toThrow(expect.objectContaining({ code: 'usage', param: 'prompt-cache' }));
  });

  it('is needed by each of several models', () => {
    checkCacheMemory(gib, { path: '/memory', freeBytes: 2.5 * gib }, 2);
    expect(() => {
      checkCacheMemory(gib, { path: '/memory', freeBytes: 2.5 * gib }, 3);
    }).toThrow('--prompt-cache 1.0 GiB for each of 3 models does not fit');
  });

  it('is what was asked for', () => {
    expect(cacheMemory(9 * gib, gib, folder)).toMatchObject({ limitBytes: 9 * gib });
    expect(cacheMemory(0, 100 * gib, folder)).toMatchObject({ status: 'off' });
  });

  it('is off, with the reason, where nothing can be kept in memory', () => {
    expect(cacheMemory('auto', gib, null)).toMatchObject({
      status: 'off',
      reason: 'this system has no file system in memory (/dev/shm)',
    });
    expect(() => {
      checkCacheMemory(gib, null);
    }).toThrow(
      expect.objectContaining({ code: 'usage', hint: expect.stringContaining('Leave out --prompt-cache') as string }),
    );
    expect(cacheMemory('auto', 100, folder)).toMatchObject({ status: 'off' });
  });

  it('is smaller if others have filled the file system since the start', () => {
    expect(cacheMemory(2 * gib, 100 * gib, { path: '/memory', freeBytes: gib })).toMatchObject({
      limitBytes: Math.floor(0.9 * gib),
    });
  });

  it('is for as many conversations as there may be open files, halved', () => {
    expect(mostEntries(1024)).toBe(512);
    expect(mostEntries(1e9)).toBe(32_768);
    expect(mostEntries(1)).toBe(1);
    expect(mostEntries(null)).toBe(256);
  });
});
