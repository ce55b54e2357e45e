import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { storageError } from './download-errors.js';

export interface PartFileOptions {
  /** The model, for messages. */
  readonly source: string;
  /** Permissions of a new file. */
  readonly mode: number;
  /** Whether to compute the SHA-256. */
  readonly hashed: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Size of the pieces in which the data on the disk is read for the hash. */
const readPieceBytes = 2 ** 20;

/**
 * The beginning of a file that is being downloaded. It is only ever appended to, so its length alone shows how far the
 * download has got, however the process ends.
 */
export class PartFile {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #source: string;
  #length = 0;
  #hash: Hash | null;

  private constructor(path: string, handle: FileHandle, { source, hashed }: PartFileOptions) {
    this.#path = path;
    this.#handle = handle;
    this.#source = source;
    this.#hash = hashed ? createHash('sha256') : null;
  }

  /**
   * Opens what is there, or an empty file.
   *
   * @throws ChatstreamError `model_unreadable`, as all methods do; the signal's reason
   */
  static async open(path: string, options: PartFileOptions): Promise<PartFile> {
    const opened = open(path, constants.O_RDWR | constants.O_CREAT, options.mode).catch((error: unknown) => {
      throw storageError(error, options.source, dirname(path));
    });
    const part = new PartFile(path, await opened, options);
    try {
      await part.#onDisk(() => part.#readAll(options.signal));
    } catch (error) {
      await part.close();
      throw error;
    }
    return part;
  }

  get length(): number {
    return this.#length;
  }

  async append(bytes: Uint8Array): Promise<void> {
    await this.#onDisk(async () => {
      // A disk that is nearly full takes a part and refuses the rest.
      for (let written = 0; written < bytes.length;) {
        const rest = bytes.length - written;
        written += (await this.#handle.write(bytes, written, rest, this.#length + written)).bytesWritten;
      }
    });
    this.#length += bytes.length;
    this.#hash?.update(bytes);
  }

  async restart(): Promise<void> {
    await this.#onDisk(() => this.#handle.truncate(0));
    this.#length = 0;
    if (this.#hash !== null) this.#hash = createHash('sha256');
  }

  /** @returns the SHA-256 of everything, once; null if it was not requested */
  digest(): string | null {
    return this.#hash?.digest('hex') ?? null;
  }

  /** Gives the file its name, once it is safe on the disk. */
  async complete(path: string): Promise<void> {
    await this.#onDisk(async () => {
      await this.#handle.sync();
      // Windows does not rename open files.
      await this.#handle.close();
      await rename(this.#path, path);
    });
  }

  async remove(): Promise<void> {
    await this.#onDisk(async () => {
      await this.#handle.close();
      await rm(this.#path, { force: true });
    });
  }

  /** Has no effect after {@link complete} and {@link remove}. */
  async close(): Promise<void> {
    await this.#handle.close();
  }

  async #readAll(signal: AbortSignal | undefined): Promise<void> {
    const { size } = await this.#handle.stat();
    if (this.#hash === null) {
      this.#length = size;
      return;
    }
    const piece = Buffer.alloc(Math.min(readPieceBytes, size));
    while (this.#length < size) {
      signal?.throwIfAborted();
      const { bytesRead } = await this.#handle.read(piece, 0, piece.length, this.#length);
      if (bytesRead === 0) break;
      this.#hash.update(piece.subarray(0, bytesRead));
      this.#length += bytesRead;
    }
  }

  async #onDisk<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      throw storageError(error, this.#source, dirname(this.#path));
    }
  }
}
