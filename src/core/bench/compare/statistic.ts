/** A figure of several trials together. */
export interface Statistic {
  /** How many there are. */
  readonly trials: number;
  /**
   * The figure if each trial were there as often as its weight says; with all weights 1, that of the trials as they are.
   *
   * @param weights whole numbers, one for each trial
   * @returns 0 or more; null if there is nothing to make it of
   */
  value(weights: ArrayLike<number>): number | null;
}

/** Each trial once. */
export function everyTrialOnce({ trials }: Statistic): readonly number[] {
  return Array.from({ length: trials }, () => 1);
}
