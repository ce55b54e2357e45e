import { messageOf } from '../errors.js';
import { member } from '../json.js';

/** What the system's error codes mean for a file that a user has named. */
const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'a part of its path is a file, and not a folder',
  EISDIR: 'it is a folder',
  EACCES: 'this user has no permission',
  EPERM: 'this user has no permission',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota of this user is used up',
  EFBIG: 'the file would be larger than it may be',
  EIO: 'the disk reported an error',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open on this machine',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'too many symbolic links follow each other',
  EBUSY: 'the file is in use',
  ETXTBSY: 'the file is a program that is running',
};

/** Why a file cannot be read or written, in words; for an unknown reason, the system's own text. */
export function fileReason(error: unknown): string {
  return reasons[codeOf(error)] ?? messageOf(error);
}

/**
 * `prompts.jsonl cannot be read: it is a folder.` Where the path is empty, it could not be seen in that, so the sentence says what
 * it is the path of.
 *
 * @param what the file is, such as `prompts`
 */
export function readProblem(what: string, path: string, error: unknown): string {
  return path === '' ? `The path of the ${what} is empty.` : `${path} cannot be read: ${fileReason(error)}.`;
}

/** The same, with what the file is before its path: `The prompts prompts.jsonl cannot be read: it is a folder.` */
export function namedReadProblem(what: string, path: string, error: unknown): string {
  const problem = readProblem(what, path, error);
  return path === '' ? problem : `The ${what} ${problem}`;
}

/** Whether a file cannot be written because there is no room left for this user. */
export function isDiskFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(codeOf(error));
}

/** What to do about a file that cannot be written. */
export function writeHint(error: unknown): string {
  if (isDiskFull(error)) return 'Free some space, or name a file on another disk.';
  if (codeOf(error) === 'EIO') return 'Name a file on another disk.';
  return 'Name a file in a folder that exists and may be written to.';
}

/**
 * What to do about a file that cannot be read.
 *
 * @param whenMissing for one that does not exist
 */
export function readHint(error: unknown, whenMissing: string): string {
  switch (codeOf(error)) {
    case 'ENOENT':
      return whenMissing;
    case 'EISDIR':
      return 'Name a file in it.';
    case 'EACCES':
    case 'EPERM':
      return 'Give this user the permission to read it, or name another file.';
    default:
      return 'Check the name.';
  }
}

/** Why the output of a command cannot be written, and what to do, in words: sentences for the end of a line. */
export function outputProblem(error: unknown): string {
  const problem = `The output could not be written: ${fileReason(error)}.`;
  return isDiskFull(error) ? `${problem} Free some space, or send it to another disk.` : problem;
}

function codeOf(error: unknown): string {
  const code = member(error, 'code');
  return typeof code === 'string' ? code : '';
}
