import type { Clock } from '../../base/clock.js';
import { messageOf } from '../../base/errors.js';
import type { Token } from '../engine.js';
import type { CacheSource, PromptCacheActivity } from '../prompt-cache-activity.js';
import { CacheCosts } from './cache-costs.js';
import type { CacheSlot } from './cache-slot.js';
import { type CachedState, CachedStates, type StateMatch } from './cached-states.js';
import { reusable, type Rewinding } from './rewinding.js';
import { StateFile } from './state-files.js';

/** Shorter beginnings are prefilled as fast as they are managed. In tokens. */
const leastTokens = 32;

/**
 * A state is saved only if its prefill takes at least this many times as long, however many states were useful
 * recently.
 */
const worthSaving = 4;

/** How long nothing is saved after that has failed, in milliseconds. */
const pauseMs = 10_000;

export interface PromptCacheOptions {
  /** Where the states are kept, how many bytes they may take together, and how many there may be; null to keep none. */
  readonly memory: { readonly folder: string; readonly limitBytes: number; readonly limitEntries: number } | null;
  readonly rewinding: Rewinding;
  /** Bytes of a token's keys and values, as far as the file of the model says; used until a state was saved. */
  readonly bytesPerToken: number;
  /** What copying a slot moves, however much it holds. */
  readonly slotBytes: number;
  /** Prompt tokens that a round may prefill at most. */
  readonly prefillChunk: number;
  /** The time per token that generations should get at most, in milliseconds; none by default. */
  readonly targetMs?: number | undefined;
  readonly clock: Clock;
  /** Receives warnings for the operator. */
  readonly warn: (message: string) => void;
}

/** Possible sources of the beginning of a prompt. */
type Source<S> =
  | { readonly type: 'slot'; readonly shared: number }
  | { readonly type: 'neighbour'; readonly shared: number; readonly slot: S }
  | { readonly type: 'memory'; readonly shared: number; readonly state: CachedState };

/** What {@link PromptCache.warm} did. */
export interface Warmth {
  /** How many tokens of the prompt the slot holds now; null if `warm` has to be called again, after a round. */
  readonly cached: number | null;
  /** What it moved: a state, which took time, or a copy, for which the next round takes longer. */
  readonly moved: 'state' | 'copy' | null;
}

/**
 * Finds the longest beginning of a prompt that was computed before, and keeps what leaves the slots.
 *
 *     slots     a conversation that continues finds its slot as it left it
 *     memory    what a slot held is saved before another conversation overwrites it, and restored when it continues;
 *               the least recently used states are evicted
 *     copies    a beginning that another slot holds, such as a system prompt, is copied from there
 *
 * All of it happens between rounds, one transfer at a time, and only if it is cheaper than the prefill that it saves. While
 * other generations run, a transfer must not take longer than a round with a full chunk of prefill, which is what they
 * would have to wait for otherwise; where rounds are kept short for a target, no longer than the target. How long saving,
 * restoring, copying and prefill take is measured as it goes.
 */
export class PromptCache<S extends CacheSlot> {
  readonly #options: PromptCacheOptions;
  readonly #states: CachedStates;
  readonly #costs: CacheCosts;
  #bytesPerToken: number;
  readonly #hits: Record<CacheSource, number> = { slot: 0, memory: 0, copy: 0 };
  #misses = 0;
  #tokens = 0;
  #busyMs = 0;
  #isReported = true;
  /** Nothing is saved before that time. */
  #pausedUntilMs = -Infinity;
  #hasWarned = false;

  constructor(options: PromptCacheOptions) {
    this.#options = options;
    this.#states = new CachedStates(options.memory?.limitBytes ?? 0, options.memory?.limitEntries ?? 0);
    this.#costs = new CacheCosts(options.prefillChunk, options.targetMs ?? null, options.clock);
    this.#bytesPerToken = options.bytesPerToken;
  }

  /** What has happened since the engine started, if anything has since the last call. */
  takeActivity(): PromptCacheActivity | undefined {
    if (this.#isReported) return undefined;
    this.#isReported = true;
    return {
      pid: process.pid,
      entries: this.#states.size,
      bytes: this.#states.bytes,
      evictions: this.#states.evictions,
      hits: { ...this.#hits },
      misses: this.#misses,
      tokens: this.#tokens,
      busyMs: this.#busyMs,
    };
  }

  /**
   * Notes how long a round took.
   *
   * @param prefillTokens how many it prefilled
   * @param decodes how many generations got a token in it
   */
  observe(prefillTokens: number, decodes: number, ms: number): void {
    // Fewer say little about prefill, because most of such a round is something else.
    if (prefillTokens >= Math.min(leastTokens, this.#options.prefillChunk)) this.#costs.prefilled(prefillTokens, ms);
    if (decodes > 0) this.#costs.shared(ms);
  }

  /** As {@link observe}, of a round after {@link warm} has copied a slot: llama.cpp moves the data in the next decode. */
  observeCopy(prefillTokens: number, decodes: number, ms: number): void {
    this.#costs.copied(this.#options.slotBytes, prefillTokens, decodes, ms);
  }

  /**
   * How much of the beginning of a prompt {@link warm} would put into a slot now.
   *
   * @param others see {@link warm}
   */
  expect(slot: S, tokens: readonly Token[], others: readonly S[], isAlone: boolean): number {
    return this.#choose(slot, tokens, others, isAlone).shared;
  }

  /**
   * Puts as much of the beginning of a prompt into a slot as is worth it. Only between rounds. Never rejects: if
   * something fails, the prompt is prefilled. While other generations run, it moves one state at a time, so it may have
   * to be called again.
   *
   * @param others all other slots, whether they run or not
   * @param isAlone whether no other generation runs, so that none has to wait
   */
  async warm(slot: S, tokens: readonly Token[], others: readonly S[], isAlone: boolean): Promise<Warmth> {
    this.#isReported = false;
    const source = this.#choose(slot, tokens, others, isAlone);
    const saved = await this.#keepContent(slot, tokens, source, isAlone);
    if (saved && source.type !== 'slot' && !isAlone) return { cached: null, moved: 'state' };
    let used: CacheSource = 'slot';
    if (source.type !== 'slot') {
      used = source.type === 'memory' ? 'memory' : 'copy';
      await this.#fetch(slot, source);
    }
    const cached = await slot.keepPrefix(tokens);
    if (cached < Math.min(leastTokens, tokens.length / 2)) this.#misses += 1;
    else this.#hits[used] += 1;
    this.#tokens += cached;
    return { cached, moved: used === 'copy' ? 'copy' : used === 'memory' || saved ? 'state' : null };
  }

  /** Frees all memory. */
  clear(): void {
    this.#states.clear();
  }

  #choose(slot: S, tokens: readonly Token[], others: readonly S[], isAlone: boolean): Source<S> {
    const { rewinding } = this.#options;
    // The last token is always evaluated again.
    const wanted = tokens.slice(0, -1);
    const own = slot.sharedPrefix(wanted);
    let best: Source<S> = { type: 'slot', shared: reusable(rewinding, own, slot) };
    const consider = (source: Source<S>, costMs: number | null, pauseMs: number | null): void => {
      if (source.shared < best.shared + leastTokens) return;
      const savedMs = this.#costs.prefillMs(source.shared - best.shared, tokens.length - source.shared);
      if (costMs !== null && savedMs !== null && costMs > savedMs) return;
      if (isAlone || this.#mayPause(pauseMs)) best = source;
    };

    for (const { state, shared: common } of this.#candidates(wanted)) {
      const { firstCell, tokens: held } = state;
      const shared = reusable(rewinding, common, { length: held.length, firstCell });
      const { bytes } = state;
      consider({ type: 'memory', shared, state }, this.#costs.restoreMs(bytes), this.#costs.restorePauseMs(bytes));
    }
    for (const other of others) {
      const shared = reusable(rewinding, other.sharedPrefix(wanted), other);
      const { slotBytes } = this.#options;
      const costMs = this.#costs.copyMs(slotBytes);
      consider({ type: 'neighbour', shared, slot: other }, costMs, this.#costs.copyPauseMs(slotBytes));
    }
    return best;
  }

  /** States that begin like these tokens. Of models that cannot go back, a shorter one may be of use where the best is not. */
  #candidates(wanted: readonly Token[]): readonly StateMatch[] {
    const longest = this.#states.find(wanted);
    if (longest === null) return [];
    const whole = this.#options.rewinding.type === 'anywhere' ? null : this.#states.findWhole(wanted);
    return whole === null ? [longest] : [longest, whole];
  }

  /** Saves what the slot is about to lose, if that is worthwhile. @returns whether it did */
  async #keepContent(slot: S, tokens: readonly Token[], source: Source<S>, isAlone: boolean): Promise<boolean> {
    const { memory } = this.#options;
    const kept = source.type === 'slot' ? Math.min(slot.sharedPrefix(tokens), source.shared) : 0;
    const { length } = slot;
    if (memory === null || length - kept < leastTokens || this.#options.clock.now() < this.#pausedUntilMs) return false;
    const held = slot.tokens;
    if (this.#isKept(held)) return false;

    const expectedBytes = Math.min(length * this.#bytesPerToken, this.#options.slotBytes);
    const costMs = this.#costs.saveMs(expectedBytes);
    // The prompt that continues with it has its own tokens.
    const savedMs = this.#costs.prefillMs(length - kept, leastTokens);
    const usedShare = Math.min(1 / worthSaving, this.#states.usedShare);
    if (costMs !== null && savedMs !== null && costMs > savedMs * usedShare) return false;
    if (!isAlone && !this.#mayPause(this.#costs.savePauseMs(expectedBytes))) return false;
    const needed = source.type === 'memory' ? source.state : null;
    if (!this.#states.makeRoom(expectedBytes, needed)) return false;
    return await this.#save(slot, held, memory.folder, needed);
  }

  /** Whether a state can bring these tokens back. */
  #isKept(tokens: readonly Token[]): boolean {
    const found = this.#states.find(tokens);
    if (found?.shared !== tokens.length) return false;
    return this.#options.rewinding.type === 'anywhere' || found.state.tokens.length === tokens.length;
  }

  /** @param needed a state that must stay */
  async #save(slot: S, tokens: readonly Token[], folder: string, needed: CachedState | null): Promise<boolean> {
    const { clock, rewinding } = this.#options;
    // llama.cpp does not save what has left the window.
    const saved = rewinding.type === 'window' ? Math.max(0, tokens.length - rewinding.tokens) : 0;
    const firstCell = Math.max(slot.firstCell, saved);
    const beganMs = clock.now();
    let storage: StateFile | null = null;
    try {
      storage = StateFile.create(folder);
      const bytes = await slot.save(storage.path);
      this.#bytesPerToken = bytes / tokens.length;
      if (!this.#states.makeRoom(bytes, needed)) throw new Error('it is larger than the cache');
      const state = { tokens, storage, bytes, firstCell };
      this.#states.add(state);
      if (rewinding.type === 'anywhere') this.#states.supersede(state);
      this.#costs.saved(bytes, this.#took(beganMs));
      return true;
    } catch (error) {
      storage?.close();
      this.#took(beganMs);
      // There may be no room in the file system, which others use too.
      this.#states.evictOldest(needed);
      this.#pausedUntilMs = clock.now() + pauseMs;
      this.#warn(`A conversation could not be kept in the prompt cache: ${messageOf(error)}`);
      return false;
    }
  }

  async #fetch(slot: S, source: Exclude<Source<S>, { type: 'slot' }>): Promise<void> {
    const beganMs = this.#options.clock.now();
    try {
      if (source.type === 'memory') {
        this.#states.touch(source.state);
        await slot.load(source.state.storage.path);
        this.#costs.restored(source.state.bytes, this.#took(beganMs));
      } else {
        const isCopied = await slot.copyFrom(source.slot, source.shared);
        // Otherwise, its contents may differ from what the library believes.
        if (!isCopied) await slot.clear();
        this.#took(beganMs);
      }
    } catch (error) {
      this.#took(beganMs);
      if (source.type === 'memory') this.#states.remove(source.state);
      this.#warn(`A prompt could not be restored and is read again: ${messageOf(error)}`);
      await slot.clear();
    }
  }

  /** Whether others may be made to wait this long; for what was never measured they may, once. */
  #mayPause(ms: number | null): boolean {
    const usualMs = this.#costs.usualPauseMs();
    return ms === null || usualMs === null || ms <= usualMs;
  }

  /** Adds to the time spent. @returns the time since then in milliseconds */
  #took(beganMs: number): number {
    const tookMs = this.#options.clock.now() - beganMs;
    this.#busyMs += tookMs;
    return tookMs;
  }

  /** Once, because something that fails once, such as a full memory file system, fails each time. */
  #warn(message: string): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    this.#options.warn(message);
  }
}
