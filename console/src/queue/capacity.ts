import type { WireStatus } from '../api/wire.js';

export interface Capacity {
  readonly maxConcurrency: number;
  readonly maxQueue: number;
  readonly slots: number;
}

/**
 * How much may run and wait: of all models together where there are several, each of which has limits of its own. A model that is
 * not in memory has no slots now.
 */
export function capacityOf({ models, max_concurrency, max_queue, lines, slots }: WireStatus): Capacity {
  if (models.length < 2) return { maxConcurrency: max_concurrency, maxQueue: max_queue * lines, slots };
  const inMemory = models.filter(({ state, running }) => state === 'loaded' || running > 0);
  return {
    maxConcurrency: inMemory.reduce((sum, model) => sum + model.max_concurrency, 0),
    maxQueue: models.reduce((sum, model) => sum + model.max_queue, 0),
    slots: inMemory.reduce((sum, model) => sum + model.slots, 0),
  };
}
