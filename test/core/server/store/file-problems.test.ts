import { expect, it } from 'vitest';
import { fileProblemError } from '../../../../src/core/server/store/file-problems.js';

it.each([
  ['this user has no permission', null],
  ['this user has no permission', 0],
  ['disk I/O error', null],
  ['disk I/O error', 1_000_000],
])('says what a file needs that cannot be used because of "%s", with %j bytes free', (reason, freeBytes) => {
  expect(fileProblemError('responses.db', { type: 'unusable', reason }, freeBytes)).toMatchObject({
    code: 'usage',
    message: `--store responses.db cannot be used: ${reason}.`,
    hint: 'It must be in a folder that exists, and that this user may write to: files are created beside it.',
  });
});

it.each([
  ['database or disk is full', null],
  ['the disk is full', null],
  ['disk I/O error', 0],
  ['disk I/O error', 8192],
])('does not blame the flags for a full disk: "%s", with %j bytes free', (reason, freeBytes) => {
  expect(fileProblemError('responses.db', { type: 'unusable', reason }, freeBytes)).toMatchObject({
    code: 'storage_failed',
    message: '--store responses.db cannot be used: the disk is full.',
    hint: 'Free some space, or give a path on another disk.',
  });
});
