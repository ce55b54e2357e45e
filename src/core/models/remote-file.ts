import { ChatstreamError } from '../base/errors.js';
import { formatBytes } from '../base/units.js';
import type { HuggingFace } from './hugging-face.js';
import { request } from './http.js';

/** A file on a server, as it said itself. */
export interface RemoteFile {
  readonly url: string;
  /** Where redirects have led; the address may hold a signature that ends after some time. */
  readonly finalUrl: string;
  readonly bytes: number | null;
  /** Changes with the content, if the server sends one. */
  readonly etag: string | null;
  /** Whether a download that broke off can go on where it stopped. */
  readonly resumable: boolean;
}

const magic = 'GGUF';

/**
 * Asks for the first bytes of a file: whether it is there, how long it is, and whether it is a GGUF file at all, before
 * gigabytes of something else are downloaded.
 *
 * @param name of the file, for messages
 * @param huggingFace if that is where the file is
 * @throws ChatstreamError `model_unreadable`
 */
export async function probe(
  url: string,
  name: string,
  huggingFace: HuggingFace | null,
  signal?: AbortSignal,
): Promise<RemoteFile> {
  const headers = { range: `bytes=0-${magic.length - 1}`, 'accept-encoding': 'identity' };
  const response = await request(url, { huggingFace, headers, signal }, name);
  const beginning = await firstBytes(response, magic.length);
  if (beginning !== magic) throw notGguf(name, response, beginning);
  const ranged = response.status === 206;
  return {
    url,
    finalUrl: response.url,
    bytes: ranged ? totalOf(response.headers.get('content-range')) : lengthOf(response.headers.get('content-length')),
    etag: response.headers.get('etag'),
    // The library takes this header for the sign, and would put a file together wrongly that it cannot resume.
    resumable: ranged && response.headers.get('accept-ranges') === 'bytes',
  };
}

/** @throws ChatstreamError `model_unreadable` */
export function wrongLength(name: string, expected: number, actual: number): ChatstreamError {
  return new ChatstreamError(
    'model_unreadable',
    `${name} should have ${formatBytes(expected)} (${expected} bytes) and came with ${formatBytes(actual)} (${actual} bytes).`,
    { hint: 'What was downloaded has been removed. Try again; if it happens again, the server is at fault.' },
  );
}

async function firstBytes(response: Response, count: number): Promise<string> {
  const reader = response.body?.getReader();
  let text = '';
  for (;;) {
    const piece = await reader?.read();
    if (piece?.value !== undefined) text += Buffer.from(piece.value).toString('latin1');
    if (piece?.value === undefined || text.length >= count) break;
  }
  // A server that knows no ranges sends all of it.
  await reader?.cancel();
  return text.slice(0, count);
}

function notGguf(name: string, response: Response, beginning: string): ChatstreamError {
  const type = response.headers.get('content-type')?.split(';', 1)[0];
  const isPage = type === 'text/html' || beginning.startsWith('<');
  const what = isPage ? 'but a web page' : `but something else${type === undefined ? '' : ` (${type})`}`;
  return new ChatstreamError('model_unreadable', `${name} is not a GGUF file ${what}.`, {
    hint: isPage
      ? 'Take the link behind the download button, not the address of the page.'
      : 'chatstream serves models in the GGUF format of llama.cpp; look for one whose name ends in .gguf.',
  });
}

/** From `bytes 0-3/1234`; null if the server does not know. */
function totalOf(contentRange: string | null): number | null {
  const total = /\/(\d+)$/.exec(contentRange ?? '')?.[1];
  return total === undefined ? null : Number(total);
}

function lengthOf(contentLength: string | null): number | null {
  return contentLength !== null && /^\d+$/.test(contentLength) ? Number(contentLength) : null;
}
