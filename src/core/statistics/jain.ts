/**
 * How equally something is shared: 1 if all have the same, 1/n if one of n has everything (R. Jain, D. Chiu, W. Hawe, "A
 * Quantitative Measure of Fairness and Discrimination for Resource Allocation in Shared Computer Systems", DEC Research
 * Report TR-301, 1984).
 *
 * ```text
 * J = (x₁ + … + xₙ)² ÷ (n · (x₁² + … + xₙ²))
 * ```
 *
 * @param amounts 0 or more each
 * @returns 0 to 1; null if none has anything
 */
export function jainIndex(amounts: readonly number[]): number | null {
  const sum = amounts.reduce((total, amount) => total + amount, 0);
  const squares = amounts.reduce((total, amount) => total + amount * amount, 0);
  return squares === 0 ? null : Math.min(1, (sum * sum) / (amounts.length * squares));
}
