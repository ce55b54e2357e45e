import { platform } from 'node:os';
import { describe, expect, it } from 'vitest';
import { openFilesIn, openFilesLimit } from '../../../../src/core/base/files/open-files.js';

describe('the limit of open files', () => {
  it.each([
    ['Max open files            1024                 524288               files     ', 1024],
    ['Max open files            unlimited            unlimited            files     ', null],
    ['Max processes             100                  100                  processes ', null],
  ])('is read from %j', (line, expected) => {
    expect(openFilesIn(`Limit   Soft Limit   Hard Limit   Units\n${line}\n`)).toBe(expected);
  });

  it.skipIf(platform() !== 'linux')('is known of this process (needs Linux)', () => {
    expect(openFilesLimit()).toBeGreaterThan(0);
  });
});
