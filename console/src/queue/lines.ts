import type { Waiting } from './queue-state.js';

/** In the order in which the server prefers them. */
export const knownClasses = ['interactive', 'standard', 'batch'] as const;

interface Line {
  readonly trafficClass: string;
  readonly entries: readonly Waiting[];
}

/**
 * The heads of the lines, one line for each class, each with its share of the rows; what one line does not need, the
 * others get.
 */
export function linesOf(waiting: readonly Waiting[], rows: number): readonly Line[] {
  const rank = (name: string): number => knownClasses.findIndex((one) => one === name);
  const names = [...new Set(waiting.map(({ trafficClass }) => trafficClass))].toSorted(
    (one, other) => rank(one) - rank(other),
  );
  const lines = names.map((name) => [name, waiting.filter(({ trafficClass }) => trafficClass === name)] as const);
  const shortestFirst = lines.toSorted(([, one], [, other]) => one.length - other.length);
  const granted = new Map<string, number>();
  let left = Math.max(0, rows);
  for (const [index, [name, entries]] of shortestFirst.entries()) {
    const share = Math.min(entries.length, Math.ceil(left / (shortestFirst.length - index)));
    granted.set(name, share);
    left -= share;
  }
  return lines.map(([trafficClass, entries]) => ({
    trafficClass,
    entries: entries.slice(0, granted.get(trafficClass) ?? 0),
  }));
}
