import type { Token } from '../engine.js';
import { PrefixTree } from './prefix-tree.js';
import { Usefulness } from './usefulness.js';

/** The storage of a state; closing it frees the memory. */
interface StateStorage {
  readonly path: string;
  close(): void;
}

/** The state of a conversation that has left its slot. */
export interface CachedState {
  readonly tokens: readonly Token[];
  readonly storage: StateStorage;
  readonly bytes: number;
  /** See `CacheSlot.firstCell`. */
  readonly firstCell: number;
}

/** A state, and the length of the beginning that it has in common with a prompt. */
export interface StateMatch {
  readonly state: CachedState;
  readonly shared: number;
}

/**
 * States of conversations, found by the longest common beginning. The least recently used are evicted when all together
 * exceed their limit, or are too many.
 */
export class CachedStates {
  readonly limitBytes: number;
  readonly #limitEntries: number;
  readonly #tree = new PrefixTree<CachedState>();
  /** The least recently used first. */
  readonly #used = new Set<CachedState>();
  /** Those that have not been restored yet. */
  readonly #unused = new Set<CachedState>();
  readonly #usefulness = new Usefulness();
  #bytes = 0;
  #evictions = 0;

  constructor(limitBytes: number, limitEntries: number) {
    this.limitBytes = limitBytes;
    this.#limitEntries = limitEntries;
  }

  get size(): number {
    return this.#used.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** How many states were given up for others since the beginning. */
  get evictions(): number {
    return this.#evictions;
  }

  /** The share of the states that is useful, from 0 to 1, as recently observed. */
  get usedShare(): number {
    return this.#usefulness.share;
  }

  /** @returns the state with the longest beginning in common with `tokens`, and the length of that beginning */
  find(tokens: readonly Token[]): StateMatch | null {
    const match = this.#tree.find(tokens);
    return match === null ? null : { state: match.value, shared: match.shared };
  }

  /** @returns the longest state with whose tokens all of these begin */
  findWhole(tokens: readonly Token[]): StateMatch | null {
    const state = [...this.#tree.beginnings(tokens)].at(-1);
    return state === undefined ? null : { state, shared: state.tokens.length };
  }

  /** Makes a state the most recently used, because it is restored. */
  touch(state: CachedState): void {
    if (this.#unused.delete(state)) this.#usefulness.observe(true);
    if (this.#used.delete(state)) this.#used.add(state);
  }

  /**
   * Evicts states until `bytes` more fit.
   *
   * @param except a state that is about to be used
   * @returns false if they cannot fit; nothing is evicted then
   */
  makeRoom(bytes: number, except: CachedState | null = null): boolean {
    const kept = except === null ? 0 : except.bytes;
    if (bytes + kept > this.limitBytes) return false;
    while (this.#bytes + bytes > this.limitBytes || this.#used.size >= this.#limitEntries) {
      if (!this.evictOldest(except)) return false;
    }
    return true;
  }

  /**
   * @param except a state that is about to be used
   * @returns whether there was one to evict
   */
  evictOldest(except: CachedState | null = null): boolean {
    let oldest: CachedState | null = null;
    for (const state of this.#used) {
      if (state === except) continue;
      oldest = state;
      break;
    }
    if (oldest === null) return false;
    if (this.#unused.has(oldest)) this.#usefulness.observe(false);
    this.remove(oldest);
    this.#evictions += 1;
    return true;
  }

  /** Adds a state that fits, instead of one with the same tokens. */
  add(state: CachedState): void {
    for (const other of [...this.#tree.beginnings(state.tokens)]) {
      if (other.tokens.length === state.tokens.length) this.remove(other);
    }
    this.#tree.set(state.tokens, state);
    this.#used.add(state);
    this.#unused.add(state);
    this.#bytes += state.bytes;
  }

  /**
   * Removes the states that a longer one makes superfluous: it begins with their tokens, and restoring it does not take
   * much longer.
   */
  supersede(longer: CachedState): void {
    for (const state of [...this.#tree.beginnings(longer.tokens)]) {
      if (state !== longer && state.tokens.length * 2 >= longer.tokens.length) this.remove(state);
    }
  }

  remove(state: CachedState): void {
    if (!this.#used.delete(state)) return;
    this.#unused.delete(state);
    this.#tree.delete(state.tokens);
    this.#bytes -= state.bytes;
    state.storage.close();
  }

  clear(): void {
    for (const state of [...this.#used]) this.remove(state);
  }
}
