import { type HasIdleCores, ThreadChoice } from './thread-choice.js';

/** What a round computes. */
export interface RoundWork {
  /** Generations that get a token. */
  readonly decodes: number;
  /** Prompt tokens. */
  readonly prefillTokens: number;
}

/** How long something that needed the cores will probably need them, in milliseconds. */
const crowdedMs = 60_000;

/** From this many prompt tokens on, they decide how long a round takes. */
const mostlyPrefill = 16;

/** Measurements from before the model serves. */
export interface Calibration {
  /** Numbers of threads, in ascending order. */
  readonly candidates: readonly number[];
  /** @returns the best number for rounds of so many tokens, each of another generation, and how long they take; null if that was not measured */
  readonly best: (tokens: number) => { readonly threads: number; readonly roundMs: number | null };
}

/**
 * Chooses the number of compute threads for each round while the model serves. What is best depends on how much a round
 * computes, and on what else the machine does: threads spin while they wait for each other, so with one thread too many a
 * round can take 200 times as long.
 */
export class ThreadGovernor {
  readonly #calibration: Calibration;
  readonly #hasIdleCores: HasIdleCores;
  readonly #choices = new Map<string, ThreadChoice>();
  /** The number of threads that was too high, and how long that counts for kinds of rounds that are new. */
  #crowded: { readonly threads: number; readonly untilMs: number } | null = null;

  constructor(calibration: Calibration, hasIdleCores: HasIdleCores) {
    this.#calibration = calibration;
    this.#hasIdleCores = hasIdleCores;
  }

  /** Numbers of threads in use, in ascending order: of all kinds of rounds there were. */
  get inUse(): readonly number[] {
    const threads = new Set(Array.from(this.#choices.values(), (choice) => choice.threads));
    if (threads.size === 0) threads.add(this.#calibration.best(1).threads);
    return [...threads].sort((a, b) => a - b);
  }

  /** @returns the number of threads for a round */
  threadsFor(work: RoundWork, nowMs: number): number {
    return this.#choiceFor(work, nowMs).next;
  }

  /**
   * Notes how long a round took.
   *
   * @param ms from the end of the round before it, if that was not idle time: HTTP needs the cores too
   */
  observe(work: RoundWork, ms: number, nowMs: number): void {
    const choice = this.#choiceFor(work, nowMs);
    const before = choice.threads;
    const perUnit = work.prefillTokens >= mostlyPrefill ? ms / work.prefillTokens : ms;
    if (!choice.observe(perUnit, nowMs)) return;
    this.#crowded = { threads: before, untilMs: nowMs + crowdedMs };
    for (const other of this.#choices.values()) other.lower(before, nowMs);
  }

  #choiceFor(work: RoundWork, nowMs: number): ThreadChoice {
    const kind = kindOf(work);
    let choice = this.#choices.get(kind);
    if (choice === undefined) {
      const { threads, roundMs } = this.#calibration.best(work.decodes + work.prefillTokens);
      // How long rounds of a prompt take was not measured: only that they have at least as much to compute as full slots.
      const usualMs = kind === 'prefill' ? null : roundMs;
      choice = new ThreadChoice(this.#calibration.candidates, threads, usualMs, nowMs, this.#hasIdleCores);
      if (this.#crowded !== null && nowMs < this.#crowded.untilMs) choice.lower(this.#crowded.threads, nowMs);
      this.#choices.set(kind, choice);
    }
    return choice;
  }
}

/** Rounds of the same kind take about as long: 1, 2 to 3, 4 to 7 decodes, and so on; or mostly prefill. */
function kindOf({ decodes, prefillTokens }: RoundWork): string {
  return prefillTokens >= mostlyPrefill ? 'prefill' : String(Math.floor(Math.log2(decodes + prefillTokens)));
}
