/**
 * The quantile of Student's t distribution: within how many standard errors the mean of a normal population lies, if its
 * deviation is estimated from the sample.
 *
 * @param probability above 0.5, below 1: 0.975 for a two-sided 95 %
 * @param degrees of freedom, above 0; need not be whole (Welch)
 * @returns in standard errors, above 0
 */
export function studentQuantile(probability: number, degrees: number): number {
  let low = 0;
  let high = 1;
  while (studentCdf(high, degrees) < probability) high *= 2;
  // After 60 halvings the interval is narrower than the precision of a double.
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (studentCdf(middle, degrees) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Abramowitz and Stegun 26.7.1, by the incomplete beta function; for t ≥ 0. */
function studentCdf(t: number, degrees: number): number {
  return 1 - incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5) / 2;
}

/** The regularised incomplete beta function I_x(a, b): the continued fraction DLMF 8.17.22. */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // It converges fast only on this side.
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a;
  return front / continuedFraction(x, a, b);
}

/** Evaluated backwards; 200 terms are far more than it needs to converge. */
function continuedFraction(x: number, a: number, b: number): number {
  let value = 1;
  for (let n = 200; n >= 1; n -= 1) {
    const m = Math.floor(n / 2);
    const d =
      n % 2 === 0
        ? (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
        : (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    value = 1 + d / value;
  }
  return value;
}

/** Coefficients as Press and others give them in "Numerical Recipes", 6.1, to the digits that matter here. */
const lanczos = [
  76.18009172947, -86.50532032942, 24.01409824083, -1.231739572450155, 0.001208650973866, -0.000005395239385,
] as const;

/** Lanczos's approximation with six terms: wrong by less than 1e-9 for x > 0. */
function logGamma(x: number): number {
  const t = x + 5.5;
  const series = lanczos.reduce((sum, term, index) => sum + term / (x + 1 + index), 1.00000000019);
  return (x + 0.5) * Math.log(t) - t + Math.log((Math.sqrt(2 * Math.PI) * series) / x);
}
