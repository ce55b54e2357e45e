/** A difference above this is shown as a warning. */
export const littlesLawTolerance = 0.05;

/**
 * Little's law (J. D. C. Little, 1961): the mean number in flight is the rate times the mean time that each takes.
 *
 * @param meanInFlight by count
 * @param ratePerSecond completed requests per second over the same time
 * @param meanSeconds mean end-to-end latency
 * @returns |difference| as a share of the count; null if nothing was in flight
 */
export function littlesLawError(meanInFlight: number, ratePerSecond: number, meanSeconds: number): number | null {
  return meanInFlight > 0 ? Math.abs(ratePerSecond * meanSeconds - meanInFlight) / meanInFlight : null;
}
