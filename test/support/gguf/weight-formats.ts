import { halfBits } from './half-float.js';

export type WeightType = 'f32' | 'f16' | 'q8_0' | 'q4_0';

/** How weights of one type lie in a file, and how random bytes become such weights. */
export interface WeightFormat {
  /** `ggml_type`, as in a tensor's description. */
  readonly ggmlType: number;
  /** `llama_ftype`, as in `general.file_type`. */
  readonly fileType: number;
  /** Weights that share a block. */
  readonly blockLength: number;
  readonly blockBytes: number;
  /**
   * Turns the random bytes in [start, end) into weights of mean 0 and the given standard deviation, in place. Quantised
   * blocks keep their random bytes as quants and only get a scale: quantising random numbers would give the same at
   * many times the cost.
   */
  readonly shape: (bytes: DataView, start: number, end: number, standardDeviation: number) => void;
}

// A uniform distribution over [-1, 1] has a standard deviation of 1 / sqrt(3).
const uniformLimit = Math.sqrt(3);

/** A block is a half-precision scale, then the quants: integers that are uniform over their range. */
function quantised(ids: Pick<WeightFormat, 'ggmlType' | 'fileType'>, bitsPerWeight: 4 | 8): WeightFormat {
  const blockLength = 32;
  const blockBytes = 2 + (blockLength * bitsPerWeight) / 8;
  const levels = 2 ** bitsPerWeight;
  // Root mean square of the integers from -levels / 2 to levels / 2 - 1.
  const quantDeviation = Math.sqrt((levels ** 2 + 2) / 12);
  return {
    ...ids,
    blockLength,
    blockBytes,
    shape(bytes, start, end, standardDeviation) {
      const scale = halfBits(standardDeviation / quantDeviation);
      for (let block = start; block < end; block += blockBytes) {
        // The quants average -1/2. Without a random sign all outputs of a matrix would share that offset, it would grow
        // from layer to layer, and in the end every token would look the same.
        const sign = bytes.getUint16(block, true) & 0x8000;
        bytes.setUint16(block, scale | sign, true);
      }
    },
  };
}

export const weightFormats: Readonly<Record<WeightType, WeightFormat>> = {
  f32: {
    ggmlType: 0,
    fileType: 0,
    blockLength: 1,
    blockBytes: 4,
    shape(bytes, start, end, standardDeviation) {
      const step = (uniformLimit * standardDeviation) / 2 ** 31;
      for (let at = start; at < end; at += 4) bytes.setFloat32(at, (bytes.getInt32(at, true) + 0.5) * step, true);
    },
  },
  f16: {
    ggmlType: 1,
    fileType: 1,
    blockLength: 1,
    blockBytes: 2,
    shape(bytes, start, end, standardDeviation) {
      const step = (uniformLimit * standardDeviation) / 2 ** 15;
      for (let at = start; at < end; at += 2) {
        bytes.setUint16(at, halfBits((bytes.getInt16(at, true) + 0.5) * step), true);
      }
    },
  },
  q8_0: quantised({ ggmlType: 8, fileType: 7 }, 8),
  q4_0: quantised({ ggmlType: 2, fileType: 2 }, 4),
};
