/** The probability that a standard normal variable is greater than `z`, with a relative error below 2e-7. */
export function normalTail(z: number): number {
  return erfc(z / Math.SQRT2) / 2;
}

/** The density of the standard normal distribution. */
export function normalDensity(z: number): number {
  return Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
}

/**
 * The value that a standard normal variable exceeds with a given probability.
 *
 * @param tail above 0, below 1: 0.025 gives 1.96
 */
export function normalQuantileOfTail(tail: number): number {
  let low = -40;
  let high = 40;
  // After 60 halvings the interval is narrower than the error of the distribution function.
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (normalTail(middle) > tail) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Chebyshev's coefficients of Press and others, "Numerical Recipes", 2nd edition, 6.2 (erfcc). */
const chebyshev = [
  -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
  0.17087277,
] as const;

/** The complementary error function. */
function erfc(x: number): number {
  const t = 1 / (1 + Math.abs(x) / 2);
  const series = chebyshev.reduceRight((sum, coefficient) => coefficient + t * sum, 0);
  const upper = t * Math.exp(-x * x + series);
  return x >= 0 ? upper : 2 - upper;
}
