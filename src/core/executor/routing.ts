import { type Executor, freePlaces, isUsable } from './executor.js';

/** How much more loaded than the least loaded an executor may be and still get its conversations back, as a share of its places. */
const mostExtraLoad = 0.5;

/** How much of a prompt must be the same for its conversation to count as known, as a share, where caches can only be guessed. */
const usualLeastSamePrefix = 0.5;

/**
 * Chooses where a generation begins: where the longest beginning of its prompt is known, and of several such executors where
 * the load is least. Only places that are free now count, so that no request waits for a prefix.
 *
 * @param executors the ones that have the model
 * @param failed where it has already failed; it goes there again only if no other could take it later
 * @param sameShare how much of the prompt an executor has seen before, from 0 to 1
 * @param leastSamePrefix the share from which on its conversation counts as known
 * @param hasPlace whether there is a place for it; if left out, any free place will do
 * @returns null if there is no free place
 */
export function chooseExecutor<E extends Executor>(
  executors: readonly E[],
  failed: ReadonlySet<string>,
  sameShare: (executor: E) => number,
  leastSamePrefix = usualLeastSamePrefix,
  hasPlace: (executor: E) => boolean = (executor) => freePlaces(executor) > 0,
): E | null {
  const untried = executors.filter((executor) => isUsable(executor) && !failed.has(executor.name));
  const free = (untried.length > 0 ? untried : executors).filter(hasPlace);
  const [first, ...others] = free;
  if (first === undefined) return null;
  if (others.length === 0) return first;
  const least = free.reduce((best, other) => (loadOf(other) < loadOf(best) ? other : best));
  let known: E | null = null;
  let most = leastSamePrefix;
  for (const executor of free) {
    const share = sameShare(executor);
    if (share < most || loadOf(executor) > loadOf(least) + mostExtraLoad) continue;
    if (share > most || known === null || loadOf(executor) < loadOf(known)) known = executor;
    most = share;
  }
  return known ?? least;
}

/** With the same share of places taken, the one with more free places comes first. */
function loadOf({ running, places }: Executor): number {
  return running / places - places * 1e-6;
}
