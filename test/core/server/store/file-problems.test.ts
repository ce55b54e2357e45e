import { expect, it } from 'vitest';
import { fileProblemError } from '../../../../src/core/server/store/file-problems.js';

it.each([
  ['database or disk is full', 'Make room, or give a path on another disk.'],
  ['the disk is full', 'Make room, or give a path on another disk.'],
  [
    'this user has no permission',
    'It must be in a folder that exists, and that this user may write to: files are created beside it.',
  ],
])('says of a file that cannot be used because %s: %s', (reason, hint) => {
  expect(fileProblemError('responses.db', { type: 'unusable', reason })).toMatchObject({
    code: 'usage',
    message: `--store responses.db cannot be used: ${reason}.`,
    hint,
  });
});
