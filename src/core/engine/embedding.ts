import type { GenerationSpec, Token } from './engine.js';

/** The inputs of a request for embeddings, each with its tokens. */
export function inputsOf({ prompt, inputLengths = [] }: GenerationSpec): readonly (readonly Token[])[] {
  let end = 0;
  return inputLengths.map((length) => {
    end += length;
    return prompt.slice(end - length, end);
  });
}

/** What errors call an input, because clients may send a single one without a list. */
export function inputParam(index: number, inputs: number): string {
  return inputs === 1 ? 'input' : `input.${index}`;
}

/** Scales a vector to length 1. Returns null for a vector without a direction, or with values that are not numbers. */
export function unitVector(vector: ArrayLike<number>): Float32Array | null {
  const unit = Float64Array.from(vector);
  // Divides by the largest value first, because the squares of tiny values would be 0.
  const largest = unit.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const length = largest * Math.sqrt(unit.reduce((sum, value) => sum + (value / largest) ** 2, 0));
  if (!Number.isFinite(length) || length === 0) return null;
  return Float32Array.from(unit, (value) => value / length);
}

const bytesPerNumber = 4;

/** Little-endian in base64, as OpenAI's API has it. */
export function encodeVector(vector: Float32Array): string {
  const bytes = Buffer.alloc(vector.length * bytesPerNumber);
  vector.forEach((value, index) => bytes.writeFloatLE(value, index * bytesPerNumber));
  return bytes.toString('base64');
}

/** The length of a vector in base64. */
export function dimensionsOf(encoded: string): number {
  return Buffer.byteLength(encoded, 'base64') / bytesPerNumber;
}

export function decodeVector(encoded: string): Float32Array {
  const bytes = Buffer.from(encoded, 'base64');
  return Float32Array.from({ length: bytes.length / bytesPerNumber }, (_, index) =>
    bytes.readFloatLE(index * bytesPerNumber),
  );
}
