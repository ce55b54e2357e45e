import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import {
  fileReason,
  namedReadProblem,
  outputProblem,
  readHint,
  readProblem,
  writeHint,
} from '../../../../src/core/base/files/file-errors.js';

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

it('says of which file a path is that is empty', async () => {
  const error = await errorOf('');
  expect(readProblem('result', '', error)).toBe('The path of the result is empty.');
  expect(namedReadProblem('prompts', '', error)).toBe('The path of the prompts is empty.');
  const missing = await errorOf('/nowhere/a');
  expect(readProblem('result', 'a', missing)).toBe('a cannot be read: there is no such file or folder.');
  expect(namedReadProblem('prompts', 'a', missing)).toBe(
    'The prompts a cannot be read: there is no such file or folder.',
  );
});

it('keeps the text of what it does not know', () => {
  expect(fileReason(Object.assign(new Error('strange'), { code: 'ESTRANGE' }))).toBe('strange');
  expect(fileReason('text')).toBe('text');
});

it('says of the output of a command what to do where it is known', () => {
  expect(outputProblem(Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' }))).toBe(
    'The output could not be written: the disk is full. Free some space, or send it to another disk.',
  );
  expect(outputProblem({ code: 'EIO' })).toBe('The output could not be written: the disk reported an error.');
});

it('speaks of room only where there is none', () => {
  expect(writeHint({ code: 'ENOSPC' })).toContain('Free some space');
  expect(writeHint({ code: 'EACCES' })).toBe('Name a file in a folder that exists and may be written to.');
});

it('says what to do about a file that cannot be read', () => {
  expect(readHint({ code: 'ENOENT' }, 'Make one.')).toBe('Make one.');
  expect(readHint({ code: 'EISDIR' }, 'Make one.')).toBe('Name a file in it.');
  expect(readHint({ code: 'EACCES' }, 'Make one.')).toContain('the permission to read it');
  expect(readHint({ code: 'ELOOP' }, 'Make one.')).toBe('Check the name.');
});
