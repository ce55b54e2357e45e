import { readSync } from 'node:fs';

/** More than most headers take without their vocabulary; longer strings are stepped over, not read. */
const windowBytes = 256 * 1024;

/** The file ended, or claims lengths that no file has, where more was expected. */
export class GgufEndError extends Error {
  constructor(position: number) {
    super(`The file ends, or is damaged, at byte ${position}.`);
  }
}

/** Reads the numbers and strings of a GGUF file, one after the other, through a window on the file. */
export class GgufCursor {
  readonly #descriptor: number;
  readonly #fileBytes: number;
  readonly #window = Buffer.alloc(windowBytes);
  #windowStart = 0;
  #windowEnd = 0;
  #position = 0;

  constructor(descriptor: number, fileBytes: number) {
    this.#descriptor = descriptor;
    this.#fileBytes = fileBytes;
  }

  /** Bytes from the beginning of the file. */
  get position(): number {
    return this.#position;
  }

  skip(byteLength: number): void {
    if (!(byteLength >= 0) || this.#position + byteLength > this.#fileBytes) throw new GgufEndError(this.#position);
    this.#position += byteLength;
  }

  uint8 = (): number => this.#window.readUInt8(this.#take(1));
  int8 = (): number => this.#window.readInt8(this.#take(1));
  uint16 = (): number => this.#window.readUInt16LE(this.#take(2));
  int16 = (): number => this.#window.readInt16LE(this.#take(2));
  uint32 = (): number => this.#window.readUInt32LE(this.#take(4));
  int32 = (): number => this.#window.readInt32LE(this.#take(4));
  float32 = (): number => this.#window.readFloatLE(this.#take(4));
  float64 = (): number => this.#window.readDoubleLE(this.#take(8));
  /** Exact up to 2^53, which no count, length or offset of a real file reaches. */
  uint64 = (): number => Number(this.#window.readBigUInt64LE(this.#take(8)));
  int64 = (): number => Number(this.#window.readBigInt64LE(this.#take(8)));

  string(): string {
    const byteLength = this.uint64();
    if (byteLength > windowBytes) {
      this.skip(byteLength);
      return '';
    }
    const start = this.#take(byteLength);
    return this.#window.toString('utf8', start, start + byteLength);
  }

  skipString(): void {
    this.skip(this.uint64());
  }

  /** @returns where in the window the next bytes are */
  #take(byteLength: number): number {
    const start = this.#position;
    this.skip(byteLength);
    if (start < this.#windowStart || this.#position > this.#windowEnd) this.#fill(start, byteLength);
    return start - this.#windowStart;
  }

  #fill(start: number, needed: number): void {
    const bytesRead = readSync(this.#descriptor, this.#window, 0, windowBytes, start);
    if (bytesRead < needed) throw new GgufEndError(start);
    this.#windowStart = start;
    this.#windowEnd = start + bytesRead;
  }
}
