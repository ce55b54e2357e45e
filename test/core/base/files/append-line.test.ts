import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { appendLine } from '../../../../src/core/base/files/append-line.js';

let folder = '';
let path = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'chatstream-append-'));
  path = join(folder, 'lines.jsonl');
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

/** What is used of an open file. */
interface Handle {
  write(data: Uint8Array, offset: number, length: number): Promise<{ bytesWritten: number }>;
}

/** The next line gets no farther than its first bytes: the disk is full then. @param before happens before that is noticed */
async function fillDiskAfter(bytes: number, before: () => void = () => undefined): Promise<void> {
  const any = await open(join(folder, 'any'), 'w');
  const handles = Object.getPrototypeOf(any) as Handle;
  await any.close();
  const write = Reflect.get<Handle, 'write'>(handles, 'write');
  vi.spyOn(handles, 'write')
    .mockImplementationOnce(function (this: Handle, data) {
      return write.call(this, data, 0, bytes);
    })
    .mockImplementationOnce(() => {
      before();
      return Promise.reject(Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' }));
    });
}

describe('adding a line to a file', () => {
  it('makes the file, and adds to it', async () => {
    await appendLine(path, 'one');
    await appendLine(path, 'two');
    expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n');
  });

  it('begins below a line that was cut off', async () => {
    appendFileSync(path, 'one\ntw');
    await appendLine(path, 'three');
    expect(readFileSync(path, 'utf8')).toBe('one\ntw\nthree\n');
  });

  it('leaves no part of a line that does not fit on the disk', async () => {
    await appendLine(path, 'one');
    await fillDiskAfter(2);
    await expect(appendLine(path, 'two')).rejects.toThrow('ENOSPC');
    expect(readFileSync(path, 'utf8')).toBe('one\n');
  });

  it('leaves no new file if its first line does not fit', async () => {
    await fillDiskAfter(2);
    await expect(appendLine(path, 'one')).rejects.toThrow('ENOSPC');
    expect(existsSync(path)).toBe(false);
  });

  it.each([
    ['an older file', 'one\n'],
    ['a new file', ''],
  ])('takes nothing from another process that has added a line in the meantime: %s', async (_, older) => {
    if (older !== '') appendFileSync(path, older);
    await fillDiskAfter(2, () => {
      appendFileSync(path, '\nother\n');
    });
    await expect(appendLine(path, 'two')).rejects.toThrow('ENOSPC');
    expect(readFileSync(path, 'utf8')).toBe(`${older}tw\nother\n`);
  });
});
