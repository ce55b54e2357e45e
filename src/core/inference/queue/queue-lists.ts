import type { Job } from '../../scheduler/jobs/job.js';
import type { TrafficClass } from '../../scheduler/jobs/traffic-class.js';

/** Which requests of a queue are listed. */
export interface Listing {
  /** How many of them: the first ones. */
  readonly most: number;
  /** Only those of this key, or of this address without a key; null for all. */
  readonly payer: string | null;
}

/** The entries that are listed. Entries after them are not computed. */
export function* listed<T>({ most, payer }: Listing, entries: Iterable<T>, jobOf: (entry: T) => Job): Generator<T> {
  let left = most;
  if (left <= 0) return;
  for (const entry of entries) {
    if (payer !== null && payerOf(jobOf(entry)) !== payer) continue;
    yield entry;
    left -= 1;
    if (left === 0) return;
  }
}

function payerOf({ demand }: Job): string {
  return demand.payer ?? demand.key;
}

/** What is shown of every request, whichever queue it is in and whatever executes it. */
export interface ListedRequest {
  readonly id: string;
  readonly key: string;
  readonly trafficClass: TrafficClass;
  readonly promptTokens: number;
}

export function listedRequest({
  id,
  demand: { key, trafficClass },
  promptTokens,
}: Pick<Job, 'demand'> & Pick<ListedRequest, 'id' | 'promptTokens'>): ListedRequest {
  return { id, key, trafficClass, promptTokens };
}

/**
 * How many entries of each line are listed: a long line leaves as much room for the others as they need for an equal
 * share.
 *
 * @param lengths how many entries each line has
 * @param most how many are listed of all together
 */
export function sharedRoom(lengths: readonly number[], most: number): readonly number[] {
  const shares = lengths.map(() => 0);
  let left = most;
  const shortestFirst = [...lengths.entries()].toSorted(([, one], [, other]) => one - other);
  for (const [rank, [line, length]] of shortestFirst.entries()) {
    const share = Math.min(length, Math.ceil(left / (lengths.length - rank)));
    shares[line] = share;
    left -= share;
  }
  return shares;
}
