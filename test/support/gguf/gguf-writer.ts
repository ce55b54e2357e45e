/** The kinds of metadata values that a model of ours needs; the format has more. */
export type GgufValue =
  | { readonly type: 'uint32'; readonly value: number }
  | { readonly type: 'float32'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'int32[]'; readonly value: readonly number[] }
  | { readonly type: 'float32[]'; readonly value: readonly number[] }
  | { readonly type: 'string[]'; readonly value: readonly string[] };

export interface GgufTensor {
  readonly name: string;
  /** Row length first, then the number of rows, as ggml counts. */
  readonly shape: readonly number[];
  /** `ggml_type` */
  readonly ggmlType: number;
  readonly byteLength: number;
  /** The data, in pieces of any size. A piece is done with before the next is asked for, so it may share its memory. */
  readonly chunks: () => Iterable<Uint8Array>;
}

const version = 3;
const alignment = 32;
const typeId = { uint32: 4, int32: 5, float32: 6, bool: 7, string: 8, array: 9 } as const;

/**
 * The bytes of a GGUF file: header, metadata, descriptions of the tensors, then their data, each padded to 32 bytes.
 * Written after the specification in ggml's docs/gguf.md.
 *
 * @throws Error when a tensor's data is not as long as it says
 */
export function* ggufFile(
  metadata: Readonly<Record<string, GgufValue>>,
  tensors: readonly GgufTensor[],
): Generator<Uint8Array, void, undefined> {
  const header = encodeHeader(metadata, tensors);
  yield header;
  yield padding(header.byteLength);
  for (const tensor of tensors) {
    let written = 0;
    for (const chunk of tensor.chunks()) {
      written += chunk.byteLength;
      yield chunk;
    }
    if (written !== tensor.byteLength) {
      throw new Error(`${tensor.name}: ${written} bytes of data instead of ${tensor.byteLength}`);
    }
    yield padding(written);
  }
}

function encodeHeader(metadata: Readonly<Record<string, GgufValue>>, tensors: readonly GgufTensor[]): Uint8Array {
  const entries = Object.entries(metadata);
  const parts = [Buffer.from('GGUF'), uint32(version), uint64(tensors.length), uint64(entries.length)];
  for (const [key, value] of entries) parts.push(string(key), encodeValue(value));
  let offset = 0;
  for (const { name, shape, ggmlType, byteLength } of tensors) {
    parts.push(string(name), uint32(shape.length), ...shape.map(uint64), uint32(ggmlType), uint64(offset));
    offset += byteLength + padding(byteLength).byteLength;
  }
  return Buffer.concat(parts);
}

function encodeValue({ type, value }: GgufValue): Buffer {
  switch (type) {
    case 'uint32':
      return Buffer.concat([uint32(typeId.uint32), uint32(value)]);
    case 'float32':
      return Buffer.concat([uint32(typeId.float32), float32(value)]);
    case 'bool':
      return Buffer.concat([uint32(typeId.bool), Buffer.of(value ? 1 : 0)]);
    case 'string':
      return Buffer.concat([uint32(typeId.string), string(value)]);
    case 'int32[]':
      return Buffer.concat([uint32(typeId.array), uint32(typeId.int32), uint64(value.length), ...value.map(int32)]);
    case 'float32[]':
      return Buffer.concat([uint32(typeId.array), uint32(typeId.float32), uint64(value.length), ...value.map(float32)]);
    case 'string[]':
      return Buffer.concat([uint32(typeId.array), uint32(typeId.string), uint64(value.length), ...value.map(string)]);
  }
}

function padding(byteLength: number): Uint8Array {
  return new Uint8Array((alignment - (byteLength % alignment)) % alignment);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

function float32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function string(value: string): Buffer {
  const text = Buffer.from(value);
  return Buffer.concat([uint64(text.byteLength), text]);
}
