import { ChatstreamError } from '../../base/errors.js';
import type { FileProblem } from './file-messages.js';

/** Bytes that the file and its log need when they are created. */
const leastBytes = 256 * 1024;

/**
 * The error at the start if a file cannot be used as a store, with what to do about it. A full disk is not wrong usage:
 * the same command works when there is room again.
 *
 * @param freeBytes on its disk; null if unknown
 */
export function fileProblemError(path: string, problem: FileProblem, freeBytes: number | null = null): ChatstreamError {
  if (isDiskFull(problem, freeBytes)) {
    return new ChatstreamError('storage_failed', `--store ${path} cannot be used: the disk is full.`, {
      hint: 'Free some space, or give a path on another disk.',
      param: 'store',
    });
  }
  const [message, hint] = adviceOn(problem);
  return new ChatstreamError('usage', `--store ${path} ${message}`, { hint, param: 'store' });
}

/** In the words of SQLite as well as in our own. SQLite also calls it an I/O error. */
function isDiskFull(problem: FileProblem, freeBytes: number | null): boolean {
  if (problem.type !== 'unusable') return false;
  if (problem.reason.includes('disk is full')) return true;
  return problem.reason.includes('I/O error') && freeBytes !== null && freeBytes < leastBytes;
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
        'It must be in a folder that exists, and that this user may write to: files are created beside it.',
      ];
  }
}
