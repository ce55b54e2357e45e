import type { EngineOptions } from '../../engine/options.js';
import { shareOf } from '../../engine/share-of.js';
import type { DeviceVariables } from './device-variables.js';

/** How many engines serve one line, and how they differ. */
export interface Replication {
  /** For each engine, variables of its environment that choose its device; none where devices are not chosen. */
  readonly variables: readonly DeviceVariables[];
  /** Whether each of them must have a GPU, because it was given one. */
  readonly needsDevice: boolean;
  /** The model, on a server with several: the names of the engines begin with it. */
  readonly model?: string;
}

/**
 * The options of one of several engines. Slots, threads and the memory of the prompt cache are shared out; what cannot be
 * divided goes to the first ones.
 *
 * @param options those of all together, with at least `count` slots, and `count` threads if their number is given
 * @param index from 0
 */
export function optionsOfReplica(options: EngineOptions, index: number, count: number): EngineOptions {
  const slots = shareOf(options.slots, index, count);
  if (options.engine === 'mock') return { ...options, slots };
  const { threads, promptCache } = options;
  return {
    ...options,
    slots,
    threads: threads === 'auto' ? 'auto' : shareOf(threads, index, count),
    promptCache: promptCache === 'auto' ? 'auto' : Math.floor(promptCache / count),
    replica: { index, count },
  };
}
