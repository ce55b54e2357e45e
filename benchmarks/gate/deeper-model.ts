import { readFileSync, writeFileSync } from 'node:fs';

const alignment = 32;
const [uint32Type, arrayType, stringType] = [4, 9, 8];
const valueBytes = new Map([
  [0, 1],
  [1, 1],
  [2, 2],
  [3, 2],
  [4, 4],
  [5, 4],
  [6, 4],
  [7, 1],
  [10, 8],
  [11, 8],
  [12, 8],
]);

/**
 * Writes a copy of a GGUF model in which the last blocks are there twice. It says nonsense, but each token takes as much
 * longer as it has more blocks: a server of it is slower for certain, on any machine and under any load.
 */
export function writeDeeperModel(from: string, to: string, moreBlocks: number): void {
  const model = readFileSync(from);
  const file = new Cursor(model);
  file.skip('GGUF'.length + 4);
  const tensorCountAt = file.position;
  const tensorCount = file.uint64();
  const entryCount = file.uint64();
  let blockCountAt = 0;
  for (let entry = 0; entry < entryCount; entry += 1) {
    const key = file.string();
    const type = file.uint32();
    if (key.endsWith('.block_count') && type === uint32Type) blockCountAt = file.position;
    file.skipValue(type);
  }
  const blocks = model.readUInt32LE(blockCountAt);

  const tensors: Tensor[] = [];
  const infosAt = file.position;
  for (let tensor = 0; tensor < tensorCount; tensor += 1) tensors.push(file.tensor());
  const infosEnd = file.position;
  const dataAt = Math.ceil(infosEnd / alignment) * alignment;
  const ends = [...tensors.slice(1).map(({ offset }) => offset), model.length - dataAt];

  let offset = Math.ceil((model.length - dataAt) / alignment) * alignment;
  const [infos, data]: [Buffer[], Buffer[]] = [[], []];
  for (const [index, tensor] of tensors.entries()) {
    const block = /^blk\.(\d+)\.(.*)$/.exec(tensor.name);
    if (block === null || Number(block[1]) < blocks - moreBlocks) continue;
    const bytes = model.subarray(dataAt + tensor.offset, dataAt + (ends[index] ?? 0));
    infos.push(tensor.describe(`blk.${Number(block[1]) + moreBlocks}.${block[2] ?? ''}`, offset));
    data.push(padded(bytes));
    offset += padded(bytes).length;
  }

  const head = Buffer.from(model.subarray(0, infosAt));
  head.writeUInt32LE(blocks + moreBlocks, blockCountAt);
  head.writeBigUInt64LE(BigInt(tensorCount + infos.length), tensorCountAt);
  const described = Buffer.concat([head, model.subarray(infosAt, infosEnd), ...infos]);
  writeFileSync(to, Buffer.concat([padded(described), padded(model.subarray(dataAt)), ...data]));
}

interface Tensor {
  readonly name: string;
  readonly offset: number;
  /** The same tensor's description under another name, with its data elsewhere. */
  readonly describe: (name: string, offset: number) => Buffer;
}

function padded(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((alignment - (bytes.length % alignment)) % alignment)]);
}

class Cursor {
  position = 0;

  constructor(readonly bytes: Buffer) {}

  skip(length: number): void {
    this.position += length;
  }

  uint32(): number {
    this.skip(4);
    return this.bytes.readUInt32LE(this.position - 4);
  }

  uint64(): number {
    this.skip(8);
    return Number(this.bytes.readBigUInt64LE(this.position - 8));
  }

  string(): string {
    const length = this.uint64();
    this.skip(length);
    return this.bytes.toString('utf8', this.position - length, this.position);
  }

  skipValue(type: number): void {
    if (type === stringType) this.string();
    else if (type === arrayType) {
      const itemType = this.uint32();
      for (let left = this.uint64(); left > 0; left -= 1) this.skipValue(itemType);
    } else this.skip(valueBytes.get(type) ?? 0);
  }

  tensor(): Tensor {
    const name = this.string();
    const shapeAt = this.position;
    this.skip(8 * this.uint32());
    this.skip(4);
    const shapeAndType = this.bytes.subarray(shapeAt, this.position);
    const describe = (newName: string, offset: number): Buffer => {
      const [length, place] = [Buffer.alloc(8), Buffer.alloc(8)];
      length.writeBigUInt64LE(BigInt(Buffer.byteLength(newName)));
      place.writeBigUInt64LE(BigInt(offset));
      return Buffer.concat([length, Buffer.from(newName), shapeAndType, place]);
    };
    return { name, offset: this.uint64(), describe };
  }
}
