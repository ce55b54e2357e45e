import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

export type GgufValue = number | boolean | string | readonly number[];

/** The header of a GGUF file without the vocabulary. */
export interface GgufHeader {
  readonly fileBytes: number;
  /** Without long lists and lists of strings, which belong to the vocabulary. */
  readonly metadata: ReadonlyMap<string, GgufValue>;
  /** Number of weights in this file. */
  readonly parameters: number;
  /** How many positions of a text have weights of their own; null for models that compute positions. */
  readonly positions: number | null;
  /** Where the data of the last tensor begins, in bytes; 0 without tensors. */
  readonly lastTensorOffset: number;
}

/** The file ends where more was expected, or states lengths that no file has. */
export class GgufEndError extends Error {
  constructor(position: number) {
    super(`The file ends, or is damaged, at byte ${position}.`);
  }
}

/** Lists per layer, the longest that are needed, are shorter; vocabularies are longer. */
const longestList = 1024;

/** ggml's tensors have no more dimensions. */
const mostDimensions = 4;

/** Has a row for each position. */
const positionsTensor = 'position_embd.weight';

/** The data begins at a multiple of this many bytes, unless the file says otherwise. */
const defaultAlignment = 32;

/** The numbers that the format gives to its types of values. */
const arrayType = 9;
const stringType = 8;
const byteLengths: Readonly<Record<number, number>> = {
  0: 1,
  1: 1,
  2: 2,
  3: 2,
  4: 4,
  5: 4,
  6: 4,
  7: 1,
  10: 8,
  11: 8,
  12: 8,
};

/**
 * Reads the header of a GGUF file of version 2 or 3, as specified in ggml's docs/gguf.md:
 *
 *     "GGUF" │ version │ tensor count │ entry count │ metadata entries … │ tensors … │ padding │ data …
 *      4 B      4 B       8 B            8 B           key, type, value     name, dimensions, type, offset
 *
 * node-llama-cpp has a parser too, but importing that library takes most of a second and 40 MB, which neither the process
 * that serves HTTP nor `chatstream models` should spend. Reading is synchronous: most of it is skipping the vocabulary,
 * about 10 ms for 150,000 tokens.
 *
 * @throws GgufEndError if the file ends too early; other errors if the header is not valid
 */
export function readGgufHeader(path: string): GgufHeader {
  const descriptor = openSync(path, 'r');
  try {
    const fileBytes = fstatSync(descriptor).size;
    const cursor = new GgufCursor(descriptor, fileBytes);
    cursor.skip('GGUF'.length + 4);
    const tensorCount = cursor.uint64();
    const entryCount = cursor.uint64();
    const metadata = new Map<string, GgufValue>();
    for (let entry = 0; entry < entryCount; entry++) {
      const key = cursor.string();
      const value = readValue(cursor, cursor.uint32());
      if (value !== undefined) metadata.set(key, value);
    }
    return { fileBytes, metadata, ...readTensors(cursor, tensorCount, metadata.get('general.alignment')) };
  } finally {
    closeSync(descriptor);
  }
}

function readTensors(
  cursor: GgufCursor,
  count: number,
  alignment: GgufValue | undefined,
): Pick<GgufHeader, 'parameters' | 'positions' | 'lastTensorOffset'> {
  let parameters = 0;
  let positions: number | null = null;
  let lastOffset = 0;
  for (let tensor = 0; tensor < count; tensor++) {
    const name = cursor.string();
    const dimensionCount = cursor.uint32();
    if (dimensionCount > mostDimensions) throw new GgufEndError(cursor.position);
    const shape = Array.from({ length: dimensionCount }, () => cursor.uint64());
    parameters += shape.reduce((product, length) => product * length, 1);
    if (name === positionsTensor) positions = shape[1] ?? null;
    cursor.skip(4);
    lastOffset = Math.max(lastOffset, cursor.uint64());
  }
  if (count === 0) return { parameters, positions, lastTensorOffset: 0 };
  const step = typeof alignment === 'number' && alignment > 0 ? alignment : defaultAlignment;
  return { parameters, positions, lastTensorOffset: Math.ceil(cursor.position / step) * step + lastOffset };
}

/** @returns undefined for values that are left out */
function readValue(cursor: GgufCursor, type: number): GgufValue | undefined {
  if (type === arrayType) return readList(cursor);
  if (type === stringType) return cursor.string();
  return type === 7 ? cursor.uint8() !== 0 : numberReader(cursor, type)();
}

function readList(cursor: GgufCursor): readonly number[] | undefined {
  const type = cursor.uint32();
  const length = cursor.uint64();
  if (type === stringType) {
    for (let index = 0; index < length; index++) cursor.skipString();
    return undefined;
  }
  const byteLength = byteLengths[type];
  if (byteLength === undefined) throw new GgufEndError(cursor.position);
  if (length > longestList) {
    cursor.skip(byteLength * length);
    return undefined;
  }
  const read = type === 7 ? cursor.uint8 : numberReader(cursor, type);
  return Array.from({ length }, read);
}

function numberReader(cursor: GgufCursor, type: number): () => number {
  const readers = [
    cursor.uint8,
    cursor.int8,
    cursor.uint16,
    cursor.int16,
    cursor.uint32,
    cursor.int32,
    cursor.float32,
    undefined,
    undefined,
    undefined,
    cursor.uint64,
    cursor.int64,
    cursor.float64,
  ];
  const reader = readers[type];
  if (reader === undefined) throw new GgufEndError(cursor.position);
  return reader;
}

/** Larger than most headers without their vocabulary. Longer strings are skipped instead of read. */
const windowBytes = 256 * 1024;

/** Reads the numbers and strings of a GGUF file one after the other, through a buffer that moves along the file. */
class GgufCursor {
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

  /** Distance from the beginning of the file, in bytes. */
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

  /** @returns the index of the next bytes in the window */
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
