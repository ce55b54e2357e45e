import type { Token } from '../engine.js';

/**
 * A slot as the prompt cache sees it. Everything async is done between rounds only, because it takes the lock of
 * decoding.
 */
export interface CacheSlot {
  /** The tokens that it holds. */
  readonly tokens: readonly Token[];
  /** How many tokens it holds. */
  readonly length: number;
  /** The first position of which every layer still stores something; 0 unless the model has a sliding window. */
  readonly firstCell: number;
  /** Length of the beginning that its content and these tokens have in common. */
  sharedPrefix(tokens: readonly Token[]): number;
  /** Saves its content to a file. @returns the bytes written */
  save(path: string): Promise<number>;
  /** Replaces its content by what a slot of this process has saved. */
  load(path: string): Promise<void>;
  /** Replaces its content by the first tokens of another slot. @returns whether the model can do that */
  copyFrom(other: this, length: number): Promise<boolean>;
  /**
   * Drops everything after the common prefix with `tokens`.
   *
   * @returns how many of the tokens need no prefill. The last one always does, because its output is needed. A model
   *   with a sliding window or a recurrent state may have to drop more than the differing part, or everything.
   */
  keepPrefix(tokens: readonly Token[]): Promise<number>;
  /** Drops everything. */
  clear(): Promise<void>;
}
