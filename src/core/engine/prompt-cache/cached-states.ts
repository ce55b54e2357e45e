import type { Token } from '../engine.js';
import { PrefixTree } from './prefix-tree.js';

/** What a state is kept in; closing it frees the memory. */
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

/**
 * States of conversations, found by the longest common beginning and evicted, least recently used first, when they take
 * more than their limit together.
 */
export class CachedStates {
  readonly limitBytes: number;
  readonly #tree = new PrefixTree<CachedState>();
  /** The least recently used first. */
  readonly #used = new Set<CachedState>();
  #bytes = 0;
  #evictions = 0;

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
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

  /** @returns the state with the longest beginning in common with `tokens`, and the length of that beginning */
  find(tokens: readonly Token[]): { readonly state: CachedState; readonly shared: number } | null {
    const match = this.#tree.find(tokens);
    return match === null ? null : { state: match.value, shared: match.shared };
  }

  /** Makes a state the most recently used. */
  touch(state: CachedState): void {
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
    for (const state of this.#used) {
      if (this.#bytes + bytes <= this.limitBytes) break;
      if (state === except) continue;
      this.remove(state);
      this.#evictions += 1;
    }
    return true;
  }

  /** Adds a state that fits, instead of one with the same tokens. */
  add(state: CachedState): void {
    for (const other of [...this.#tree.beginnings(state.tokens)]) {
      if (other.tokens.length === state.tokens.length) this.remove(other);
    }
    this.#tree.set(state.tokens, state);
    this.#used.add(state);
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
    this.#tree.delete(state.tokens);
    this.#bytes -= state.bytes;
    state.storage.close();
  }

  clear(): void {
    for (const state of [...this.#used]) this.remove(state);
  }
}
