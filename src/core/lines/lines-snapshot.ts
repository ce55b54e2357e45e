import { sharedRoom } from '../inference/queue/queue-lists.js';
import type { QueueSnapshot } from '../inference/queue/queue-snapshot.js';
import type { SchedulerLimits } from '../scheduler/scheduler.js';

/** The line of one of several models. */
interface NamedLine {
  readonly name: string;
  readonly limits: SchedulerLimits;
  readonly inference: { snapshot(most: number, payer: string | null): QueueSnapshot };
}

/**
 * The limits of each line, the highest where they differ: what was read can be sent back, and means the same for every line.
 */
export function commonLimits(lines: readonly Pick<NamedLine, 'limits'>[]): SchedulerLimits {
  return {
    maxConcurrency: Math.max(...lines.map(({ limits }) => limits.maxConcurrency)),
    maxQueue: Math.max(...lines.map(({ limits }) => limits.maxQueue)),
  };
}

/**
 * All lines as `/v1/queue` shows them. Positions are those in the line of the model.
 *
 * @param most how many requests of each queue are listed
 * @param payer lists only the requests of this key, or of this address without a key; null for all
 */
export function linesSnapshot(lines: readonly NamedLine[], most: number, payer: string | null): QueueSnapshot {
  const snapshots = lines.map(({ name, inference }) => ({ model: name, queue: inference.snapshot(most, payer) }));
  const sum = (count: (queue: QueueSnapshot) => number): number =>
    snapshots.reduce((total, { queue }) => total + count(queue), 0);
  return {
    ...commonLimits(lines),
    slots: Math.max(...snapshots.map(({ queue }) => queue.slots)),
    draining: snapshots.some(({ queue }) => queue.draining),
    preparing: sum((queue) => queue.preparing),
    runningOutputTokens: sum((queue) => queue.runningOutputTokens),
    running: listed(snapshots, most, ({ running }) => running),
    waiting: listed(snapshots, most, ({ waiting }) => waiting),
  };
}

/** The first entries of all lines, with the model to whose line they belong. */
function listed<T>(
  snapshots: readonly { readonly model: string; readonly queue: QueueSnapshot }[],
  most: number,
  entries: (queue: QueueSnapshot) => readonly T[],
): (T & { model: string })[] {
  const shares = sharedRoom(
    snapshots.map(({ queue }) => entries(queue).length),
    most,
  );
  return snapshots.flatMap(({ model, queue }, line) =>
    entries(queue)
      .slice(0, shares[line])
      .map((entry) => ({ ...entry, model })),
  );
}
