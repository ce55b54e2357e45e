/** The middle value, or the higher of the two in the middle; infinite without values, so that nothing is longer. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Infinity;
}
