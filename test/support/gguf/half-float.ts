const scratch = new DataView(new ArrayBuffer(4));

const smallestNormalHalf = 0x38800000; // 2^-14 as a float's bits
const tooLargeForHalf = 0x47800000; // 2^16 as a float's bits
const exponentShift = 0x38000000; // (127 - 15) << 23: the difference of the two exponent biases

/**
 * The bits of the IEEE 754 half nearest to a number; ties go to even, what is out of range becomes an infinity.
 * (`Math.f16round` and `DataView.setFloat16` need Node 24.)
 *
 * @param value any number but NaN
 */
export function halfBits(value: number): number {
  scratch.setFloat32(0, value);
  const bits = scratch.getUint32(0);
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude >= tooLargeForHalf) return sign | 0x7c00;
  if (magnitude < smallestNormalHalf) return sign | Math.round(Math.abs(value) * 2 ** 24);
  const halfAStepToEven = 0xfff + ((magnitude >>> 13) & 1);
  return sign | ((magnitude + halfAStepToEven - exponentShift) >>> 13);
}
