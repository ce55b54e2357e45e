/** The slots as they are expected to become free, as seen at one moment. */
export interface Outlook {
  readonly madeMs: number;
  /** Times at which a slot may become free, in milliseconds from then, in ascending order. */
  readonly freeMs: readonly number[];
  /** For each of them, the slots that are expected to have become free by then. */
  readonly slots: readonly number[];
  /** For each of them, the sum of all times so far, each times its probability. */
  readonly weightedMs: readonly number[];
  /** How long nothing has moved. */
  readonly stalledMs: number;
}

/**
 * When the job in a position starts, in milliseconds from when the outlook was made.
 *
 * @param meanMs how long the jobs ahead occupy a slot
 * @param variation of the lengths: the more alike they are, the later slots become free a second time
 */
export function startMs(
  { freeMs, slots, weightedMs }: Outlook,
  position: number,
  meanMs: number,
  variation: number,
): number {
  // The median of the p-th of many independent events is where p − 1/3 of them are expected.
  const wanted = position - 1 / 3;
  // From renewal theory: a slot is expected to become free again t / mean − (1 − variation) / 2 times in a long time t.
  const late = Math.max(0, (1 - variation) / 2);
  const freed = (index: number, ms: number): number => {
    const free = slots[index] ?? 0;
    return free + Math.max(0, (free * ms - (weightedMs[index] ?? 0)) / meanMs - late * free);
  };
  let first = 0;
  let last = freeMs.length;
  while (first < last) {
    const middle = (first + last) >>> 1;
    if (freed(middle, freeMs[middle] ?? 0) < wanted) first = middle + 1;
    else last = middle;
  }
  const index = first - 1;
  const free = slots[index] ?? 0;
  if (free === 0) return freeMs[first] ?? 0;
  const reachedMs = ((wanted - free + late * free) * meanMs + (weightedMs[index] ?? 0)) / free;
  return Math.min(freeMs[first] ?? Infinity, Math.max(freeMs[index] ?? 0, reachedMs));
}
