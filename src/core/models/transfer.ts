import { setTimeout as pause } from 'node:timers/promises';
import { type Clock, systemClock } from '../base/clock.js';
import { ChatstreamError } from '../base/errors.js';
import { brokenOff, damaged, failureReason, inconsistent } from './download-errors.js';
import { unfinishedEnding } from './model-cache.js';
import { PartFile } from './part-file.js';
import { isResumable, isSameFile, plainBytes, type RemoteFile, sentPart } from './remote-file.js';
import { isSuccess, refusal, type WebAnswer, type WebClient } from './web-client.js';

export interface TransferOptions {
  /** The model, for messages. */
  readonly source: string;
  /** How long the server may send nothing before the download is given up, in milliseconds. */
  readonly stallMs: number;
  /** Permissions of a new file. */
  readonly mode: number;
  /** How much of the file is on the disk. */
  readonly onBytes: (bytes: number) => void;
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock | undefined;
}

/** `changed`: the server has a different file than the one that was requested; nothing of it has been written. */
export type TransferEnd = 'done' | 'changed';

/** How often a server that sends a file only from its beginning may start over. */
const mostRestarts = 2;

const firstPauseMs = 250;
const longestPauseMs = 5000;

/**
 * Downloads one file, or the rest of it, as one stream into `PATH.part`. When the connection breaks, the rest is
 * requested again, until nothing has arrived for `stallMs`. If the SHA-256 is known, the file gets its name only if it
 * matches.
 *
 * @param path where the file is to be; its folder exists
 * @throws ChatstreamError `model_unreadable`; the signal's reason. Downloaded data is kept unless it is damaged
 */
export async function transfer(
  client: WebClient,
  file: RemoteFile,
  path: string,
  options: TransferOptions,
): Promise<TransferEnd> {
  const part = await PartFile.open(path + unfinishedEnding, { ...options, hashed: file.sha256 !== null });
  try {
    if (file.bytes !== null && part.length > file.bytes) await part.restart();
    const end = await receive(client, file, part, options);
    if (end === 'changed') return end;
    const sha256 = part.digest();
    if (file.sha256 !== null && sha256 !== null && sha256 !== file.sha256) {
      await part.remove();
      throw damaged(file.wanted, file.sha256, sha256);
    }
    await part.complete(path);
    return end;
  } finally {
    await part.close();
  }
}

type AttemptEnd =
  | { readonly type: 'changed' }
  /** The answer is complete, which need not mean that the file is. */
  | { readonly type: 'ended' }
  | { readonly type: 'failed'; readonly reason: string };

async function receive(
  client: WebClient,
  file: RemoteFile,
  part: PartFile,
  { source, stallMs, onBytes, signal, clock = systemClock }: TransferOptions,
): Promise<TransferEnd> {
  const { bytes } = file;
  let furthest = part.length;
  let lastMs = clock.now();
  let restarts = 0;
  let failures = 0;

  const attempt = async (): Promise<AttemptEnd> => {
    const from = isResumable(file) ? part.length : 0;
    const answer = await client.ask(file.url, { ...file, headers: rangeHeaders(file, from) });
    if (!isSuccess(answer.status)) {
      answer.discard();
      if (answer.status === 416) return { type: 'changed' };
      if (isFinal(answer.status)) throw refusal(answer.status, file.url, file);
      return { type: 'failed', reason: `status ${answer.status}` };
    }
    const start = startIn(answer, file, from, source);
    if (start === null) return { type: 'changed' };
    if (start < part.length) {
      await part.restart();
      restarts++;
    }
    const lengthBefore = part.length;
    for await (const chunk of answer.body) {
      await part.append(chunk);
      lastMs = clock.now();
      failures = 0;
      if (bytes !== null && part.length > bytes) throw inconsistent(source);
      // After starting over, progress is reported only beyond what was there before.
      if (part.length > furthest) onBytes((furthest = part.length));
    }
    if (part.length === lengthBefore) throw inconsistent(source);
    return { type: 'ended' };
  };

  while (bytes === null || part.length < bytes) {
    const end = await attempt().catch((error: unknown): AttemptEnd => {
      signal?.throwIfAborted();
      if (error instanceof ChatstreamError) throw error;
      return { type: 'failed', reason: failureReason(error) };
    });
    if (end.type === 'changed') return 'changed';
    if (end.type === 'ended' && (bytes === null || part.length === bytes)) break;
    const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** failures++);
    if (clock.now() + pauseMs - lastMs >= stallMs || restarts >= mostRestarts) {
      const reason = end.type === 'failed' ? end.reason : 'the server ended it too early';
      throw brokenOff(source, reason, isResumable(file) && restarts === 0);
    }
    // A timer of the clock would not keep the process alive meanwhile.
    await pause(pauseMs, undefined, signal && { signal }).catch(() => signal?.throwIfAborted());
  }
  return 'done';
}

function rangeHeaders({ etag, sha256 }: RemoteFile, from: number): Readonly<Record<string, string>> {
  // A weak etag may not be used like this, and a hash is better: the answer is compared with them afterwards.
  const isUsable = from > 0 && sha256 === null && etag !== null && !etag.startsWith('W/');
  return { ...plainBytes, range: `bytes=${from}-`, ...(isUsable && { 'if-range': etag }) };
}

/** @returns the position in the file at which the answer begins, `from` or 0; null if it is another file */
function startIn(answer: WebAnswer, file: RemoteFile, from: number, source: string): number | null {
  const sent = sentPart(answer);
  if (!isSameFile(file, sent)) {
    answer.discard();
    return null;
  }
  if (sent.from === from || sent.from === 0) return sent.from;
  answer.discard();
  throw inconsistent(source);
}

/** Whether a retry would not help. An expired signed address gives a 403: the next run requests a new one. */
function isFinal(status: number): boolean {
  return status < 500 && status !== 429 && status !== 408;
}
