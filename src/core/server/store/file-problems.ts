import { ChatstreamError } from '../../base/errors.js';
import type { FileProblem } from './file-messages.js';

/** The error at the start if a file cannot be used as a store, with what to do about it. */
export function fileProblemError(path: string, problem: FileProblem): ChatstreamError {
  const [message, hint] = adviceOn(problem);
  return new ChatstreamError('usage', `--store ${path} ${message}`, { hint, param: 'store' });
}

function adviceOn(problem: FileProblem): readonly [message: string, hint: string] {
  switch (problem.type) {
    case 'in_use':
      return ['is in use by another process.', 'Give each server its own file, or stop the other one.'];
    case 'foreign':
      return ['is not a file in which chatstream keeps responses.', 'Give another path; nothing was changed.'];
    case 'version':
      return problem.version > problem.supported
        ? [
            `was written by a newer version of chatstream (format ${problem.version}, this one reads ${problem.supported}).`,
            'Update chatstream, or give another path.',
          ]
        : [`has the unknown format ${problem.version}.`, 'Give another path.'];
    case 'damaged':
      return [
        `is damaged: ${problem.reason}.`,
        'Give another path, or restore it from a backup together with its -wal file. ' +
          'What is readable can be recovered with ".recover" of the sqlite3 program.',
      ];
    case 'unusable':
      return [
        `cannot be used: ${problem.reason}.`,
        // In the words of SQLite as well as in our own.
        problem.reason.includes('disk is full')
          ? 'Make room, or give a path on another disk.'
          : 'It must be in a folder that exists, and that this user may write to: files are created beside it.',
      ];
  }
}
