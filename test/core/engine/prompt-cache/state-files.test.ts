import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { platform, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { memoryFileSystem, StateFile } from '../../../../src/core/engine/prompt-cache/state-files.js';

describe('memoryFileSystem', () => {
  it('is null for a folder that does not exist', () => {
    expect(memoryFileSystem(join(tmpdir(), 'no such folder'))).toBeNull();
  });

  it('is null for a folder that is not in memory', () => {
    expect(memoryFileSystem('/proc')).toBeNull();
  });
});

describe.skipIf(platform() !== 'linux')('StateFile (needs Linux)', () => {
  it('is written and read by its path, leaves no name behind, and is gone when it is closed', () => {
    const folder = mkdtempSync(join(tmpdir(), 'chatstream-states-'));
    const file = StateFile.create(folder);
    expect(readdirSync(folder)).toEqual([]);
    writeFileSync(file.path, 'a state');
    expect(readFileSync(file.path, 'utf8')).toBe('a state');
    file.close();
    expect(existsSync(file.path)).toBe(false);
    rmSync(folder, { recursive: true });
  });

  it('says what is wrong with a folder that cannot be written to', () => {
    expect(() => StateFile.create(join(tmpdir(), 'no such folder'))).toThrow(/ENOENT/);
  });
});
