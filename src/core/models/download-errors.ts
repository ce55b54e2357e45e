import { ChatstreamError, messageOf } from '../base/errors.js';
import { fileReason, isDiskFull } from '../base/files/file-errors.js';
import { networkReasons } from '../base/network-reasons.js';

// Everything that can go wrong with a download, in words. `wanted` and `source` are without passwords and queries.

/** @param accessHint what to do about a file that is not public */
export function statusError(status: number, host: string, wanted: string, accessHint: string): ChatstreamError {
  if (status === 401 || status === 403) {
    return unreadable(`${wanted} on ${host} is not public (status ${status}).`, accessHint);
  }
  if (status === 404 || status === 410 || status === 400) {
    return unreadable(
      `${host} has no ${wanted} (status ${status}).`,
      'Check the spelling, including upper and lower case; the page of the model lists its files.',
    );
  }
  if (status === 429) {
    return unreadable(`${host} accepts no more requests for now (status 429).`, 'Try again in a few minutes.');
  }
  if (status >= 500) {
    return unreadable(`${host} has a problem (status ${status}).`, 'The problem is on their side: try again later.');
  }
  return unreadable(`${host} refuses ${wanted} (status ${status}).`, 'Try the address in a browser to see why.');
}

/** Why there was no answer. */
export function unreachable(host: string, thrown: unknown): ChatstreamError {
  return new ChatstreamError('model_unreadable', `${host} cannot be reached: ${failureReason(thrown)}.`, {
    hint: 'Check the network; models that are cached or on disk can be used without one ("chatstream models" lists them).',
    cause: thrown,
  });
}

/** @param reason without a full stop */
export function brokenOff(source: string, reason: string, resumable: boolean): ChatstreamError {
  return unreadable(
    `The download of ${source} was interrupted: ${reason}.`,
    resumable
      ? 'Run the same command again to resume where it stopped.'
      : 'Try again; this server can only send it from the beginning.',
  );
}

/** The server contradicts the length, or the state of the file, that it announced. */
export function inconsistent(source: string): ChatstreamError {
  return unreadable(
    `The server sends a different length or file than it announced for ${source}.`,
    'The file may just be changing: try again later. If it happens again, the server is at fault.',
  );
}

export function damaged(wanted: string, expected: string, actual: string): ChatstreamError {
  return unreadable(
    `${wanted} arrived damaged: its SHA-256 should be ${expected} and is ${actual}.`,
    'What was downloaded has been removed. Try again; if it happens again, the server or something in between is at fault.',
  );
}

export function diskFull(source: string, folder: string, reason: string): ChatstreamError {
  return unreadable(
    `There is no room for ${source} in ${folder}: ${reason}.`,
    'Free some with "chatstream models rm", or set CHATSTREAM_CACHE to a folder on a larger disk. What has been downloaded is kept.',
  );
}

/** What a failed operation on the files of the cache means. Errors that are not from the system stay as they are. */
export function storageError(thrown: unknown, source: string, folder: string): unknown {
  if (!isSystemError(thrown)) return thrown;
  const reason = fileReason(thrown);
  if (isDiskFull(thrown) || codeOf(thrown) === 'EFBIG') return diskFull(source, folder, reason);
  return unreadable(
    `Models cannot be kept in ${folder}: ${reason}.`,
    'Set CHATSTREAM_CACHE to a folder that may be written to.',
  );
}

/** What went wrong with a connection, in words that end without a full stop. */
export function failureReason(thrown: unknown): string {
  const code = codeOf(thrown);
  const message = messageOf(thrown);
  return reasons[code] ?? (message === '' ? code : message);
}

/** @param source of the model that should have been removed */
export function removalError(thrown: unknown, source: string): unknown {
  if (!isSystemError(thrown)) return thrown;
  return unreadable(`${source} cannot be removed: ${fileReason(thrown)}.`, 'Check the permissions of the folder.');
}

function isSystemError(thrown: unknown): thrown is Error {
  return thrown instanceof Error && 'syscall' in thrown;
}

function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
}

function unreadable(message: string, hint: string): ChatstreamError {
  return new ChatstreamError('model_unreadable', message, { hint });
}

const unknownAuthority =
  'its certificate is signed by an authority that Node.js does not know (see NODE_EXTRA_CA_CERTS)';

const reasons: Readonly<Record<string, string>> = {
  ...networkReasons,
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
};
