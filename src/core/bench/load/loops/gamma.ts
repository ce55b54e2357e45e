import { type Random, standardNormal } from '../../../base/random.js';

/**
 * A number from a gamma distribution with scale 1, whose mean is its shape (G. Marsaglia and W. W. Tsang, "A Simple Method
 * for Generating Gamma Variables", 2000).
 *
 * @param shape above 0
 */
export function drawGamma(shape: number, random: Random): number {
  // Below 1, the method is applied to the shape plus 1, and a power of a uniform number corrects the result.
  if (shape < 1) return drawGamma(shape + 1, random) * (1 - random()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const normal = standardNormal(random);
    const v = (1 + c * normal) ** 3;
    if (v > 0 && Math.log(1 - random()) < normal ** 2 / 2 + d * (1 - v + Math.log(v))) return d * v;
  }
}
