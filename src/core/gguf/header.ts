import { closeSync, fstatSync, openSync } from 'node:fs';

import { GgufCursor, GgufEndError } from './cursor.js';

export type GgufValue = number | boolean | string | readonly number[];

/** What stands at the beginning of a GGUF file, but for the vocabulary. */
export interface GgufHeader {
  readonly fileBytes: number;
  /** Long lists and lists of strings are left out: they are the vocabulary's. */
  readonly metadata: ReadonlyMap<string, GgufValue>;
  /** Weights in this file, counted one by one. */
  readonly parameters: number;
  /** Where the data of the last tensor begins; 0 if there are none. */
  readonly lastTensorOffset: number;
}

/** Per-layer lists, the longest that anyone needs, are shorter; vocabularies are longer. */
const longestList = 1024;

/** Where the data begins is rounded up to this, unless the file says otherwise. */
const defaultAlignment = 32;

/** The format's numbers for its kinds of values; their order is the format's. */
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
 * Reads the header of a GGUF file of version 2 or 3, after the specification in ggml's docs/gguf.md.
 *
 * node-llama-cpp has a parser too, but importing that library costs most of a second and 40 MB, which neither the
 * process that serves HTTP nor `chatstream models` should pay. The reading is synchronous: most of it is stepping over
 * the vocabulary, some 10 ms for 150,000 tokens.
 *
 * @throws GgufEndError where the file ends too early; other errors for what is no valid header
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
): Pick<GgufHeader, 'parameters' | 'lastTensorOffset'> {
  let parameters = 0;
  let lastOffset = 0;
  for (let tensor = 0; tensor < count; tensor++) {
    cursor.skipString();
    const dimensionCount = cursor.uint32();
    let elements = 1;
    for (let dimension = 0; dimension < dimensionCount; dimension++) elements *= cursor.uint64();
    parameters += elements;
    cursor.skip(4);
    lastOffset = Math.max(lastOffset, cursor.uint64());
  }
  if (count === 0) return { parameters, lastTensorOffset: 0 };
  const step = typeof alignment === 'number' && alignment > 0 ? alignment : defaultAlignment;
  return { parameters, lastTensorOffset: Math.ceil(cursor.position / step) * step + lastOffset };
}

/** @returns undefined for what is left out */
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
