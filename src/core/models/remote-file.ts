import { ChatstreamError } from '../base/errors.js';
import { unreachable } from './download-errors.js';
import type { HuggingFace, WebAnswer, WebClient } from './web-client.js';

/** Where a file is, and what to call it in messages. */
export interface Address {
  readonly url: string;
  /** Without passwords and queries. */
  readonly wanted: string;
  /** Set if the file is on Hugging Face. */
  readonly huggingFace: HuggingFace | null;
}

/** A file on a server, as the server itself describes it. */
export interface RemoteFile extends Address {
  /** Null if the server does not say. */
  readonly bytes: number | null;
  /** Changes with the content; null if the server sends none. */
  readonly etag: string | null;
  /** The SHA-256 of the whole file, in lower-case hexadecimal digits. Hugging Face gives it for all large files. */
  readonly sha256: string | null;
  /** Whether the server sends parts of it. */
  readonly ranged: boolean;
}

/**
 * Whether a download can continue where it stopped. Without the length, it is unknown whether the existing data is
 * complete.
 */
export function isResumable({ ranged, bytes }: RemoteFile): boolean {
  return ranged && bytes !== null;
}

/** What an answer with status 200 or 206 says about the file, and which part of it follows. */
export interface SentPart extends Pick<RemoteFile, 'bytes' | 'etag' | 'sha256' | 'ranged'> {
  /** Position in the file of the first byte that follows. */
  readonly from: number;
}

const magic = 'GGUF';

/** Compressed in transit, a file would have a different length. */
export const plainBytes = { 'accept-encoding': 'identity' } as const;

/**
 * Asks for the first bytes of a file: whether it is there, how long it is, and whether it is a GGUF file at all, before
 * gigabytes of something else are downloaded.
 *
 * @throws ChatstreamError `model_unreadable`; the signal's reason
 */
export async function probe(client: WebClient, address: Address): Promise<RemoteFile> {
  const headers = { ...plainBytes, range: `bytes=0-${magic.length - 1}` };
  const answer = await client.get(address.url, { ...address, headers });
  const beginning = await firstBytes(answer, magic.length).catch((error: unknown) => {
    if (error instanceof ChatstreamError) throw error;
    throw unreachable(new URL(address.url).host, error);
  });
  if (beginning !== magic) throw notGguf(address.wanted, answer, beginning);
  const { bytes, etag, sha256, ranged } = sentPart(answer);
  return { ...address, bytes: bytes ?? wholeNumber(answer.hubHeader('x-linked-size')), etag, sha256, ranged };
}

export function sentPart(answer: WebAnswer): SentPart {
  const etag = answer.header('etag');
  // The redirect of Hugging Face to its storage carries what the repository knows about the file; for files in Git LFS
  // or Xet, and those are all large ones, this tag is the SHA-256.
  const sha256 = /^"?([0-9a-f]{64})"?$/.exec(answer.hubHeader('x-linked-etag') ?? '')?.[1] ?? null;
  if (answer.status !== 206) {
    return { from: 0, bytes: wholeNumber(answer.header('content-length')), etag, sha256, ranged: false };
  }
  // `bytes 0-3/1234`, or `*` for a length that the server does not know.
  const [, from, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(answer.header('content-range') ?? '') ?? [];
  return { from: Number(from ?? -1), bytes: wholeNumber(total ?? null), etag, sha256, ranged: true };
}

/**
 * Whether an answer is about the file that was requested before. Properties that a server does not report cannot
 * differ.
 */
export function isSameFile(file: RemoteFile, sent: SentPart): boolean {
  const agree = <T>(one: T | null, other: T | null): boolean => one === null || other === null || one === other;
  if (!agree(file.bytes, sent.bytes)) return false;
  // The storage behind Hugging Face may change its tags; the content is what counts.
  return file.sha256 !== null && sent.sha256 !== null ? file.sha256 === sent.sha256 : agree(file.etag, sent.etag);
}

async function firstBytes(answer: WebAnswer, count: number): Promise<string> {
  let text = '';
  // A server that does not support ranges sends all of it; leaving the loop closes the connection.
  for await (const piece of answer.body) {
    text += Buffer.from(piece).toString('latin1');
    if (text.length >= count) break;
  }
  return text.slice(0, count);
}

function notGguf(wanted: string, answer: WebAnswer, beginning: string): ChatstreamError {
  const type = answer.header('content-type')?.split(';', 1)[0];
  const isPage = type === 'text/html' || beginning.startsWith('<');
  const what = isPage ? 'but a web page' : `but something else${type === undefined ? '' : ` (${type})`}`;
  return new ChatstreamError('model_unreadable', `${wanted} is not a GGUF file ${what}.`, {
    hint: isPage
      ? 'Take the link behind the download button, not the address of the page.'
      : 'chatstream serves models in the GGUF format of llama.cpp; look for one whose name ends in .gguf.',
  });
}

function wholeNumber(text: string | null): number | null {
  return text !== null && /^\d+$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : null;
}
