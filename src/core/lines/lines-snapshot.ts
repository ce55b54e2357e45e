import { first, type QueueSnapshot } from '../inference/queue-snapshot.js';
import type { SchedulerLimits } from '../scheduler/scheduler.js';
import type { ModelLine } from './model-line.js';

/**
 * The limits of each line, the highest where they differ: what was read can be sent back, and means the same for every line.
 */
export function commonLimits(lines: readonly Pick<ModelLine, 'limits'>[]): SchedulerLimits {
  return {
    maxConcurrency: Math.max(...lines.map(({ limits }) => limits.maxConcurrency)),
    maxQueue: Math.max(...lines.map(({ limits }) => limits.maxQueue)),
  };
}

/** All lines as `/v1/queue` shows them. Positions are those in the line of the model. */
export function linesSnapshot(lines: readonly ModelLine[], most: number): QueueSnapshot {
  const snapshots = lines.map(({ name, inference }) => ({ model: name, queue: inference.snapshot(most) }));
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

/** The first entries, with the model to whose line they belong. */
function listed<T>(
  snapshots: readonly { readonly model: string; readonly queue: QueueSnapshot }[],
  most: number,
  entries: (queue: QueueSnapshot) => readonly T[],
): (T & { model: string })[] {
  return [
    ...first(
      most,
      snapshots.flatMap(({ model, queue }) => entries(queue).map((entry) => ({ ...entry, model }))),
    ),
  ];
}
