import type { QueueState, Waiting } from './queue-state.js';

/** In the order in which the server prefers them. */
export const knownClasses = ['interactive', 'standard', 'batch'] as const;

export interface Line {
  readonly model: string | null;
  readonly trafficClass: string;
  readonly entries: readonly Waiting[];
}

/**
 * The heads of the lines, one line for each class of each model, each with its share of the rows; what one line does not need, the
 * others get.
 */
export function linesOf(waiting: readonly Waiting[], rows: number): readonly Line[] {
  const rank = (name: string): number => knownClasses.findIndex((one) => one === name);
  const names = [...new Set(waiting.map(nameOf))];
  const lines = names.map((name) => ({ name, entries: waiting.filter((entry) => nameOf(entry) === name) }));
  const shortestFirst = lines.toSorted((one, other) => one.entries.length - other.entries.length);
  const granted = new Map<string, number>();
  let left = Math.max(0, rows);
  for (const [index, { name, entries }] of shortestFirst.entries()) {
    const share = Math.min(entries.length, Math.ceil(left / (shortestFirst.length - index)));
    granted.set(name, share);
    left -= share;
  }
  return lines
    .flatMap(({ name, entries }) => {
      const [first] = entries;
      if (first === undefined) return [];
      const { model, trafficClass } = first;
      return [{ model, trafficClass, entries: entries.slice(0, granted.get(name)) }];
    })
    .toSorted(
      (one, other) =>
        (one.model ?? '').localeCompare(other.model ?? '') || rank(one.trafficClass) - rank(other.trafficClass),
    );
}

/** The lines as far as there is room for them. */
export interface ShownLines {
  readonly lines: readonly Line[];
  /** How many waiting requests are not among them. */
  readonly more: number;
  /** Whether a row should say how many those are. */
  readonly isMoreSaid: boolean;
}

/**
 * What is shown of the request queue in so many rows. If there are more requests, or if those of others are not listed, the last
 * row is for their number.
 */
export function shownLines({ waiting, status }: Pick<QueueState, 'waiting' | 'status'>, rows: number): ShownLines {
  const isOwn = status.lists === 'own';
  const lines = linesOf(waiting, status.waiting_count > rows || isOwn ? rows - 1 : rows);
  const shown = lines.reduce((sum, { entries }) => sum + entries.length, 0);
  const more = status.waiting_count - shown;
  return { lines, more, isMoreSaid: more > 0 && (shown > 0 || isOwn) };
}

/** How many lines there are. */
export function lineCount(waiting: readonly Waiting[]): number {
  return new Set(waiting.map(nameOf)).size;
}

function nameOf({ model, trafficClass }: Waiting): string {
  return JSON.stringify([model, trafficClass]);
}
