import { ChatstreamError } from '../base/errors.js';
import type { DownloadFailure, DownloadOrder } from './download-messages.js';
import { statusError } from './http.js';
import type { HuggingFace } from './hugging-face.js';
import type { ModelRecord } from './model-record.js';

/** What trying again cannot mend. @returns null for everything else */
export function fatalError(
  { status, code, message }: DownloadFailure,
  { source }: ModelRecord,
  { folder, parts }: DownloadOrder,
  place: HuggingFace | null,
): ChatstreamError | null {
  if (code === 'ENOSPC' || code === 'EDQUOT') return diskFull(source, folder, message);
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM') return notWritable(folder, message);
  if (/^Expected \d+ bytes, but got/.test(message)) {
    return new ChatstreamError('model_unreadable', `The server sends another length than it said of ${source}.`, {
      hint: 'The file may just be changing: try again later. If it happens again, the server is at fault.',
    });
  }
  // A signed address that has run out is a 403 as well; a new one is asked for when the command is run again.
  if (status !== null && status < 500 && status !== 429 && status !== 408) {
    return statusError(status, parts[0]?.url ?? '', source, place);
  }
  return null;
}

export function brokenOff({ message }: DownloadFailure, { source }: ModelRecord, resumable: boolean): ChatstreamError {
  const hint = resumable
    ? 'Run the same command again to go on where it stopped.'
    : 'Try again; this server can only send it from the beginning.';
  return new ChatstreamError('model_unreadable', `The download of ${source} broke off: ${message}.`, { hint });
}

export function diskFull(source: string, folder: string, reason: string): ChatstreamError {
  return new ChatstreamError('model_unreadable', `There is no room for ${source} in ${folder}: ${reason}.`, {
    hint: 'Free some with "chatstream models rm", or set CHATSTREAM_CACHE to a folder on a larger disk.',
  });
}

export function notWritable(folder: string, reason: string): ChatstreamError {
  return new ChatstreamError('model_unreadable', `Models cannot be kept in ${folder}: ${reason}.`, {
    hint: 'Set CHATSTREAM_CACHE to a folder that may be written to.',
  });
}
