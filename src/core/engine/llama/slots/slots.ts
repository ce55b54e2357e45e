import type { LlamaContextSequence, LlamaModel } from 'node-llama-cpp';
import type { Token } from '../../engine.js';
import type { CacheSlot } from '../../prompt-cache/cache-slot.js';
import { reusable, type Rewinding } from '../../prompt-cache/rewinding.js';
import { copySequence, libraryTokens } from '../library/library.js';

/** The properties of a free slot that decide whether it is chosen. */
export interface SlotCandidate {
  /** The number of its sequence. */
  readonly index: number;
  /** Length of the beginning that the prompt and the content of the slot have in common, in tokens. */
  readonly sharedPrefix: number;
  /** Higher for slots that were used later; 0 for a slot that was never used. */
  readonly lastUsed: number;
}

/** How many cached tokens may be sacrificed for a slot in a better position. */
const prefixTolerance = 32;

/**
 * Chooses a slot for a prompt: the one that holds the longest prefix of it, then by position, then the least recently
 * used.
 *
 *     slot      0       1       2       3       4         free: 1, 3 and 4
 *               busy    ▢       busy    ▢       ▢         1 has two busy neighbours, 3 has one, 4 has none
 *     prefix            90              100     100       90 is within 32 of 100, so slot 1 is chosen
 *
 * The position matters because llama.cpp computes sequences together only if their numbers are consecutive; each gap
 * costs another pass over all weights, in every round. Measured on one thread of a 2-vCPU machine, 12 layers of 896,
 * q8_0: eight sequences in order take 62 ms a round, the same ones backwards 101 ms; 0, 1, 2, 3 take 43 ms and 0, 2, 4,
 * 6 take 52 ms. On a GPU, where a pass takes the same time for one sequence and for eight, it matters even more. So it
 * pays to sacrifice a few cached tokens, which are prefilled once, for a neighbour, which saves time in each round.
 *
 * @param free at least one candidate
 * @param isBusy whether a slot is running; false for slots that do not exist
 */
export function chooseSlot(free: readonly SlotCandidate[], isBusy: (index: number) => boolean): number {
  const longestPrefix = Math.max(...free.map(({ sharedPrefix }) => sharedPrefix));
  const [best] = free
    .filter(({ sharedPrefix }) => sharedPrefix >= longestPrefix - prefixTolerance)
    .map((candidate) => ({ ...candidate, neighbours: +isBusy(candidate.index - 1) + +isBusy(candidate.index + 1) }))
    .sort(
      (a, b) =>
        b.neighbours - a.neighbours || b.sharedPrefix - a.sharedPrefix || a.lastUsed - b.lastUsed || a.index - b.index,
    );
  if (best === undefined) throw new RangeError('there is no free slot to choose from');
  return best.index;
}

/** How far a model can go back, according to the library's reading of its metadata. */
export function rewindingOf({ isRecurrent, isHybrid, swaSize }: LlamaModel['fileInsights']): Rewinding {
  if (isRecurrent || isHybrid) return { type: 'checkpoints' };
  return swaSize === undefined ? { type: 'anywhere' } : { type: 'window', tokens: swaSize };
}

/** A permanent sequence, whose KV cache keeps the tokens of the last generation. */
export class Slot implements CacheSlot {
  readonly index: number;
  readonly #sequence: LlamaContextSequence;
  readonly #rewinding: Rewinding;
  busy = false;
  lastUsed = 0;

  constructor(index: number, sequence: LlamaContextSequence, rewinding: Rewinding) {
    this.index = index;
    this.#sequence = sequence;
    this.#rewinding = rewinding;
  }

  /** For decoding. Everything else with the sequence is done here. */
  get sequence(): LlamaContextSequence {
    return this.#sequence;
  }

  get tokens(): readonly Token[] {
    return this.#sequence.contextTokens;
  }

  get length(): number {
    return this.#sequence.nextTokenIndex;
  }

  get firstCell(): number {
    return Math.max(0, this.#sequence.stateCellsStartIndex);
  }

  candidate(tokens: readonly Token[]): SlotCandidate {
    return { index: this.index, sharedPrefix: this.sharedPrefix(tokens), lastUsed: this.lastUsed };
  }

  sharedPrefix(tokens: readonly Token[]): number {
    return this.#sequence.compareContextTokens(libraryTokens(tokens)).firstDifferentIndex;
  }

  async keepPrefix(tokens: readonly Token[]): Promise<number> {
    const wanted = tokens.slice(0, -1);
    const shared = Math.min(this.sharedPrefix(wanted), wanted.length);
    if (reusable(this.#rewinding, shared, this) < shared) {
      // The library would keep the rest although its window has lost tokens, and the answers would differ. When asked
      // to drop cells that are already gone, it goes back to a checkpoint, or drops everything.
      await this.#adapt(wanted.slice(0, Math.min(shared, this.firstCell)));
    } else {
      await this.#adapt(wanted);
    }
    return this.length;
  }

  async save(path: string): Promise<number> {
    const { fileSize } = await this.#sequence.saveStateToFile(path);
    return fileSize;
  }

  async load(path: string): Promise<void> {
    // The library would keep the checkpoints of the slot's previous content, and go back to them later. Also, if it
    // could not read the file, it would take the slot for empty while its cells are still there.
    await this.clear();
    await this.#sequence.loadStateFromFile(path, { acceptRisk: true });
  }

  async copyFrom(other: Slot, length: number): Promise<boolean> {
    return await copySequence(this.#sequence, other.#sequence, length);
  }

  /**
   * Records the state as one that {@link keepPrefix} can go back to, if the model needs that. Only between rounds.
   *
   * @returns false if that failed; the next prompt is then read from its beginning
   */
  async takeCheckpoint(): Promise<boolean> {
    try {
      if (this.#sequence.needsCheckpoints) await this.#sequence.takeCheckpoint();
      return true;
    } catch {
      return false;
    }
  }

  async clear(): Promise<void> {
    await this.#sequence.clearHistory();
  }

  async #adapt(tokens: readonly Token[]): Promise<void> {
    await this.#sequence.adaptStateToTokens(libraryTokens(tokens), false);
  }
}
