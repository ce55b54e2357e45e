import type { GgufTensor } from './gguf-writer.js';
import type { FillRandom } from './random-words.js';
import { type WeightFormat, weightFormats } from './weight-formats.js';

/** A vector of ones in f32, the only type that llama.cpp takes for norms. */
export function ones(name: string, length: number): GgufTensor {
  return constants(name, [length], 1);
}

/** One value throughout, in f32. */
export function constants(name: string, shape: readonly number[], value: number): GgufTensor {
  const length = shape.reduce((product, size) => product * size, 1);
  const data = Buffer.from(new Float32Array(length).fill(value).buffer);
  const { ggmlType } = weightFormats.f32;
  return { name, shape, ggmlType, byteLength: data.byteLength, chunks: () => [data] };
}

export interface RandomMatrix {
  readonly name: string;
  /** The length of a row. */
  readonly inputs: number;
  /** The number of rows. */
  readonly outputs: number;
  readonly format: WeightFormat;
  readonly fillRandom: FillRandom;
  /** The standard deviation of a row's weights, which together make one output. */
  readonly deviation: (row: number) => number;
}

const chunkBytes = 2 ** 20;

/** A matrix whose data is drawn as it is written, about 1 MiB at a time, so that its size does not matter. */
export function randomMatrix({ name, inputs, outputs, format, fillRandom, deviation }: RandomMatrix): GgufTensor {
  const rowBytes = (inputs / format.blockLength) * format.blockBytes;
  const rowsPerChunk = Math.min(outputs, Math.max(1, Math.floor(chunkBytes / rowBytes)));

  function* chunks(): Generator<Uint8Array, void, undefined> {
    const words = new Uint32Array(Math.ceil((rowsPerChunk * rowBytes) / 4));
    const bytes = new DataView(words.buffer);
    for (let firstRow = 0; firstRow < outputs; firstRow += rowsPerChunk) {
      const rows = Math.min(rowsPerChunk, outputs - firstRow);
      fillRandom(words);
      for (let row = 0; row < rows; row++) {
        format.shape(bytes, row * rowBytes, (row + 1) * rowBytes, deviation(firstRow + row));
      }
      yield new Uint8Array(words.buffer, 0, rows * rowBytes);
    }
  }

  return { name, shape: [inputs, outputs], ggmlType: format.ggmlType, byteLength: outputs * rowBytes, chunks };
}
