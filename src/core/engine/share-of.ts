import type { LlamaEngineOptions } from './options.js';

/**
 * The share of one of several engines in whole things, such as slots. The remainder goes to the first ones.
 *
 * @param index from 0
 */
export function shareOf(total: number, index: number, count: number): number {
  return Math.floor(total / count) + (index < total % count ? 1 : 0);
}

/** How many of the cores an engine may use: all of them, or its share; at least one. */
export function threadsOf({ replica }: Pick<LlamaEngineOptions, 'replica'>, cores: number): number {
  return Math.max(1, replica === undefined ? cores : shareOf(cores, replica.index, replica.count));
}
