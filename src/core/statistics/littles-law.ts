/** A relative error above this is shown as a warning. */
export const littlesLawTolerance = 0.05;

/**
 * How far figures are from Little's law (J. D. C. Little, 1961), by which the mean number of requests in flight is their
 * rate times their mean duration.
 *
 * @param meanInFlight requests in flight, counted, 0 or more
 * @param ratePerSecond completed requests per second over the same time
 * @param meanSeconds mean end-to-end latency in seconds
 * @returns |difference| as a share of `meanInFlight`, 0 or more; null if nothing was in flight
 */
export function littlesLawError(meanInFlight: number, ratePerSecond: number, meanSeconds: number): number | null {
  return meanInFlight > 0 ? Math.abs(ratePerSecond * meanSeconds - meanInFlight) / meanInFlight : null;
}
