import type { IncomingHttpHeaders } from 'node:http';
import type { Transform } from 'node:stream';
import { finished } from 'node:stream/promises';
import { constants, createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import { messageOf } from '../../base/errors.js';

/** The compression of an answer, such as `gzip`; null if it has none. */
export function contentEncodingOf(headers: IncomingHttpHeaders): string | null {
  const encoding = (headers['content-encoding'] ?? '').trim().toLowerCase();
  return encoding === '' || encoding === 'identity' ? null : encoding;
}

/** Decompressed bytes are passed on at once, and an answer may end in the middle. */
const zlibOptions = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH };
const brotliOptions = { flush: constants.BROTLI_OPERATION_FLUSH, finishFlush: constants.BROTLI_OPERATION_FLUSH };

/**
 * Decoders by the names of the encodings. They get the first bytes, because `deflate` comes with or without a zlib
 * header.
 */
const decoders: Readonly<Record<string, (first: Buffer) => Transform>> = {
  gzip: () => createGunzip(zlibOptions),
  'x-gzip': () => createGunzip(zlibOptions),
  deflate: (first) => (((first[0] ?? 0) & 0x0f) === 8 ? createInflate(zlibOptions) : createInflateRaw(zlibOptions)),
  br: () => createBrotliDecompress(brotliOptions),
};

export function isDecodable(encoding: string): boolean {
  return Object.hasOwn(decoders, encoding);
}

/** The bytes do not have the encoding that the answer's content-encoding names. */
export class UndecodableError extends Error {
  constructor(encoding: string, reason: unknown) {
    super(`The answer is not ${encoding}, as its content-encoding says: ${messageOf(reason)}.`);
    this.name = 'UndecodableError';
  }
}

/**
 * Decompresses an answer while it arrives. Decompressed bytes are stamped with the time at which the bytes arrived that
 * complete them.
 */
export class ContentDecoder {
  readonly #encoding: string;
  readonly #onBytes: (bytes: Buffer, arrivalUs: number) => void;
  readonly #onError: (error: UndecodableError) => void;
  #stream: Transform | undefined;
  /** The arrival times of the pieces that are being decompressed, in their order. */
  readonly #arrivalsUs: number[] = [];
  #lastArrivalUs = 0;

  /** @param encoding one for which {@link isDecodable} is true */
  constructor(
    encoding: string,
    onBytes: (bytes: Buffer, arrivalUs: number) => void,
    onError: (error: UndecodableError) => void,
  ) {
    this.#encoding = encoding;
    this.#onBytes = onBytes;
    this.#onError = onError;
  }

  feed(bytes: Buffer, arrivalUs: number): void {
    const stream = (this.#stream ??= this.#open(bytes));
    this.#arrivalsUs.push(arrivalUs);
    this.#lastArrivalUs = arrivalUs;
    // The stream takes the next piece after this call at the earliest, so everything that can be read now belongs to
    // this one.
    stream.write(bytes, () => {
      this.#readAll(stream);
      this.#arrivalsUs.shift();
    });
  }

  /** @returns when everything was passed on; rejects with {@link UndecodableError} */
  async end(): Promise<void> {
    if (this.#stream === undefined) return;
    this.#stream.end();
    try {
      await finished(this.#stream);
    } catch (error) {
      throw new UndecodableError(this.#encoding, error);
    }
  }

  /** Gives up; nothing more is passed on. */
  destroy(): void {
    this.#stream?.destroy();
  }

  #open(first: Buffer): Transform {
    const stream = decoders[this.#encoding]?.(first);
    if (stream === undefined) throw new Error(`There is no decoder for ${this.#encoding}.`);
    stream.on('readable', () => {
      this.#readAll(stream);
    });
    stream.on('error', (error) => {
      this.#onError(new UndecodableError(this.#encoding, error));
    });
    return stream;
  }

  #readAll(stream: Transform): void {
    for (;;) {
      const bytes: unknown = stream.read();
      if (!Buffer.isBuffer(bytes)) return;
      this.#onBytes(bytes, this.#arrivalsUs[0] ?? this.#lastArrivalUs);
    }
  }
}
