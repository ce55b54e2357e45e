import { describe, expect, it } from 'vitest';
import { decodeVector, encodeVector, unitVector } from '../../../src/core/engine/embedding.js';

describe('unitVector', () => {
  it.each([
    [[3, 4]],
    [[-3, 4]],
    // Their squares are 0, and infinite.
    [[3e-300, 4e-300]],
    [[3e300, 4e300]],
  ])('gives %j the length 1', (vector) => {
    const unit = unitVector(vector);
    expect(unit?.[0]).toBeCloseTo(Math.sign(vector[0] ?? 0) * 0.6, 6);
    expect(unit?.[1]).toBeCloseTo(0.8, 6);
  });

  it.each([[[0, 0]], [[Number.NaN, 1]], [[Number.POSITIVE_INFINITY, 1]], [[]]])(
    'finds no direction in %j',
    (vector) => {
      expect(unitVector(vector)).toBeNull();
    },
  );
});

describe('encodeVector', () => {
  it('writes 32-bit numbers, little-endian, as OpenAI does', () => {
    expect(Buffer.from(encodeVector(Float32Array.of(1, -2)), 'base64')).toEqual(
      Buffer.from([0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]),
    );
  });

  it('is read by decodeVector', () => {
    const vector = Float32Array.from({ length: 5 }, (_, index) => Math.sin(index));
    expect(decodeVector(encodeVector(vector))).toEqual(vector);
  });
});
