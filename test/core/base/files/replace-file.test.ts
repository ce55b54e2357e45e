import { execFile, execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { replaceFile } from '../../../../src/core/base/files/replace-file.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

const folder = temporaryFolder();
const { at } = folder;

describe('replacing a file', () => {
  it('writes a new one, or replaces all of an older one', async () => {
    await replaceFile(at('report.md'), 'a long first text');
    await replaceFile(at('report.md'), 'second');
    expect(readFileSync(at('report.md'), 'utf8')).toBe('second');
    expect(readdirSync(folder.path)).toEqual(['report.md']);
  });

  it('never shows a part of the new one', async () => {
    writeFileSync(at('report.json'), 'a'.repeat(1e6));
    linkSync(at('report.json'), at('older.json'));
    await replaceFile(at('report.json'), 'b'.repeat(1e6));
    expect(readFileSync(at('older.json'), 'utf8')).toBe('a'.repeat(1e6));
    expect(readFileSync(at('report.json'), 'utf8')).toBe('b'.repeat(1e6));
  });

  it.skipIf(process.platform === 'win32')('keeps the mode', async () => {
    writeFileSync(at('report.json'), 'older');
    chmodSync(at('report.json'), 0o660);
    await replaceFile(at('report.json'), 'newer');
    expect(statSync(at('report.json')).mode & 0o777).toBe(0o660);
  });

  it.skipIf(process.getuid?.() !== 0)('keeps the owner, if it may', async () => {
    writeFileSync(at('report.json'), 'older');
    execFileSync('chown', ['4711:4712', at('report.json')]);
    await replaceFile(at('report.json'), 'newer');
    expect(statSync(at('report.json'))).toMatchObject({ uid: 4711, gid: 4712 });
  });

  it.skipIf(process.getuid?.() === 0)('refuses a file that is write-protected', async () => {
    writeFileSync(at('report.json'), 'older', { mode: 0o444 });
    await expect(replaceFile(at('report.json'), 'newer')).rejects.toThrow('EACCES');
    expect(readFileSync(at('report.json'), 'utf8')).toBe('older');
  });

  it.skipIf(process.getuid?.() === 0)('writes to a file in a folder that takes no new ones', async () => {
    mkdirSync(at('closed'));
    writeFileSync(at('closed', 'report.json'), 'older');
    chmodSync(at('closed'), 0o555);
    await replaceFile(at('closed', 'report.json'), 'newer');
    chmodSync(at('closed'), 0o755);
    expect(readFileSync(at('closed', 'report.json'), 'utf8')).toBe('newer');
  });

  it('follows symbolic links, also to what is not there yet', async () => {
    mkdirSync(at('real'));
    symlinkSync('real', at('folder'));
    symlinkSync('../real/later.json', at('real', 'report.json'));
    const path = at('folder', 'report.json');
    for (const text of ['first', 'second']) {
      await replaceFile(path, text);
      expect(lstatSync(path).isSymbolicLink()).toBe(true);
      expect(readFileSync(at('real', 'later.json'), 'utf8')).toBe(text);
    }
    symlinkSync('circle', at('circle'));
    await expect(replaceFile(at('circle'), 'x')).rejects.toThrow('ELOOP');
  });

  it.skipIf(process.platform === 'win32')('writes directly to a pipe', async () => {
    execFileSync('mkfifo', [at('pipe.md')]);
    const reader = promisify(execFile)('cat', [at('pipe.md')]);
    await replaceFile(at('pipe.md'), 'through');
    expect((await reader).stdout).toBe('through');
    expect(lstatSync(at('pipe.md')).isFIFO()).toBe(true);
  });

  it.runIf(existsSync('/dev/full'))('writes directly to a device', async () => {
    symlinkSync('/dev/full', at('full.md'));
    await expect(replaceFile(at('full.md'), 'x')).rejects.toThrow('ENOSPC');
    expect(lstatSync('/dev/full').isCharacterDevice()).toBe(true);
  });

  it('leaves nothing behind if it fails', async () => {
    mkdirSync(at('report.json'));
    await expect(replaceFile(at('report.json'), 'x')).rejects.toThrow('EISDIR');
    expect(readdirSync(folder.path)).toEqual(['report.json']);
  });

  it('names the folder that is missing', async () => {
    await expect(replaceFile(at('missing', 'report.md'), 'x')).rejects.toThrow('missing');
  });
});
