import { brotliDecompressSync, gunzipSync, inflateSync, type ZlibOptions } from 'node:zlib';

/** A refusal that is longer without its compression is left compressed, in bytes: this works on the thread that serves. */
const mostPlainBytes = 1024 * 1024;

type Decoder = (body: Buffer, options: ZlibOptions) => Buffer;

const decoders: ReadonlyMap<string, Decoder> = new Map<string, Decoder>([
  ['identity', (body) => body],
  ['gzip', gunzipSync],
  ['x-gzip', gunzipSync],
  ['deflate', inflateSync],
  ['br', brotliDecompressSync],
]);

/**
 * A body without its compression.
 *
 * @param coding the `content-encoding` of the body, in small letters
 * @returns null if that is unknown, or if the body does not have it or is longer than 1 MiB without it
 */
export function plainBody(body: Buffer, coding: string): Buffer | null {
  try {
    return decoders.get(coding)?.(body, { maxOutputLength: mostPlainBytes }) ?? null;
  } catch {
    return null;
  }
}
