import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { linkDestination } from '../../../../src/core/base/files/link-destination.js';

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'chatstream-links-')));
  mkdirSync(join(folder, 'inner'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('the destination of a path', () => {
  it('is the file that is there', () => {
    writeFileSync(join(folder, 'inner', 'file'), '');
    symlinkSync('inner/file', join(folder, 'link'));
    expect(linkDestination(join(folder, 'link'))).toBe(join(folder, 'inner', 'file'));
  });

  it('is the path itself where nothing is', () => {
    expect(linkDestination(join(folder, 'none'))).toBe(join(folder, 'none'));
  });

  it('is where links lead although nothing is there yet, each from its own folder', () => {
    symlinkSync('inner', join(folder, 'other'));
    symlinkSync('next', join(folder, 'inner', 'first'));
    symlinkSync('../new', join(folder, 'inner', 'next'));
    expect(linkDestination(join(folder, 'other', 'first'))).toBe(join(folder, 'new'));
  });

  it('is not known of links that lead in a circle', () => {
    symlinkSync('b', join(folder, 'a'));
    symlinkSync('a', join(folder, 'b'));
    expect(() => linkDestination(join(folder, 'a'))).toThrow(expect.objectContaining({ code: 'ELOOP' }));
  });
});
