import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { fileReason, writeHint } from '../../../src/core/base/file-errors.js';

async function errorOf(path: string): Promise<unknown> {
  return readFile(path).then(
    () => null,
    (error: unknown) => error,
  );
}

it('says in words what the system has found', async () => {
  expect(fileReason(await errorOf('/nowhere/nope.yaml'))).toBe('there is no such file or folder');
  expect(fileReason(await errorOf(tmpdir()))).toBe('it is a folder');
  expect(fileReason(Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' }))).toBe('the disk is full');
});

it('keeps the text of what it does not know', () => {
  expect(fileReason(Object.assign(new Error('strange'), { code: 'ESTRANGE' }))).toBe('strange');
  expect(fileReason('text')).toBe('text');
});

it('speaks of room only where there is none', () => {
  expect(writeHint({ code: 'ENOSPC' })).toContain('Make room');
  expect(writeHint({ code: 'EACCES' })).toBe('Name a file in a folder that exists and may be written to.');
});
