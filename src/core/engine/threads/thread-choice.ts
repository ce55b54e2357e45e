import { median } from './median.js';

/** Rounds of one kind that are remembered, to know how long they usually take. */
const remembered = 32;

/** Rounds of a kind before the first comparison. */
const roundsBeforeTrial = 8;

/** Rounds with each of two numbers of threads, in turns, that decide which is faster: fewer if one cannot win any more. */
const pairs = 4;

/** A number of threads must be faster by this factor to replace another one; fewer threads need only be as fast. */
const gain = 0.95;

/** Time between two comparisons, in milliseconds: it doubles while nothing changes. */
const shortestPauseMs = 2000;
const longestPauseMs = 60_000;

/** Two of four rounds this many times as long as usual call for a trial: a longer context can be the reason, too. */
const slowFactor = 4;

/** So much slower than usual that threads must be waiting for each other, if it is this much longer in milliseconds. */
const stuckFactor = 20;
const stuckMs = 5;

/**
 * A trial is lost at once with a round that takes this many times as long. Fewer threads are given up sooner, which costs little
 * where it is wrong; with more threads, short rounds vary by as much for other reasons.
 */
const lostFactor = { fewer: 1.5, more: 3 };

/** Rounds have become slower for good if the last few take this many times as long as usual. */
const driftFactor = 1.5;
const driftRounds = 8;

/** A measurement from before the model served, without HTTP, does not count if rounds take this many times as long. */
const outdatedFactor = 2;

/** Whether so many further cores have nothing to do; null if that is not known yet, and has to be asked again. */
export type HasIdleCores = (count: number, nowMs: number) => boolean | null;

interface Trial {
  readonly threads: number;
  readonly ours: number[];
  readonly theirs: number[];
}

/**
 * How many threads compute one kind of round, such as decodes of four to seven generations.
 *
 * From time to time, another number is tried: one round with each, in turns, because the speed of a machine drifts. A higher
 * one only if there are idle cores for it: without, a single round can take seconds (measured: 3 s instead of 0.1 s). Between
 * trials, a round that takes far longer than usual shows that threads wait for each other, because something else needs the
 * cores; then the number is lowered at once, and a higher one is tried again after a pause that grows.
 *
 *     steady ──(pause over, or rounds have become slower)──▶ trial ──(up to 4 pairs)──▶ steady, with the faster number
 *       ▲ └──(one round 20 times too slow: fewer threads)──┐
 *       └─────────────────────────────────────────────────┘
 */
export class ThreadChoice {
  /** In ascending order. */
  readonly #candidates: readonly number[];
  readonly #hasIdleCores: HasIdleCores;
  #threads: number;
  #recent: number[] = [];
  /** Of the last rounds: whether each was slow. */
  #slow: boolean[] = [];
  #trial: Trial | null = null;
  #triesUp = true;
  #pauseMs = shortestPauseMs;
  #resumeAtMs: number;
  #triedAtMs = -Infinity;
  #usualMs: number | null;
  /** How long a round took before the model served; null if that was not measured, and after the first rounds, trial or change. */
  #measuredMs: number | null;

  /**
   * @param candidates numbers of threads, in ascending order
   * @param threads the one to begin with
   * @param usualMs how long a round usually takes with it, if that was measured: no other number is tried for a while then, as long
   *   as rounds take no longer
   */
  constructor(
    candidates: readonly number[],
    threads: number,
    usualMs: number | null,
    nowMs: number,
    hasIdleCores: HasIdleCores,
  ) {
    this.#candidates = candidates;
    this.#hasIdleCores = hasIdleCores;
    this.#threads = threads;
    this.#usualMs = usualMs;
    this.#measuredMs = usualMs;
    this.#resumeAtMs = usualMs === null ? nowMs : nowMs + shortestPauseMs;
  }

  /** The number that is chosen at the moment. */
  get threads(): number {
    return this.#threads;
  }

  /** The number for the next round: another one during a trial. */
  get next(): number {
    const trial = this.#trial;
    return trial !== null && trial.theirs.length < trial.ours.length ? trial.threads : this.#threads;
  }

  /**
   * Records how long a round took with {@link next}.
   *
   * @param ms duration of the round, or of a unit of its work
   * @returns whether threads were waiting for each other, so that other kinds of rounds should use fewer as well
   */
  observe(ms: number, nowMs: number): boolean {
    if (this.#trial !== null) {
      this.#judge(this.#trial, ms, nowMs);
      return false;
    }
    const usualMs = this.#recent.length >= roundsBeforeTrial ? median(this.#recent) : this.#usualMs;
    if (usualMs !== null && ms > usualMs * stuckFactor && ms > usualMs + stuckMs && !this.#isLowest) {
      this.lower(this.#threads, nowMs);
      return true;
    }
    this.#slow = [...this.#slow.slice(-3), usualMs !== null && ms > usualMs * slowFactor];
    this.#recent.push(ms);
    if (this.#recent.length > remembered) this.#recent.shift();
    if (this.#recent.length === roundsBeforeTrial) this.#checkMeasurement(nowMs);
    if (this.#isSlow(nowMs)) this.#try(this.#next(false));
    else if (this.#recent.length >= roundsBeforeTrial && nowMs >= this.#resumeAtMs) this.#tryInTurn(nowMs);
    return false;
  }

  #checkMeasurement(nowMs: number): void {
    const isOutdated = this.#measuredMs !== null && median(this.#recent) > this.#measuredMs * outdatedFactor;
    if (isOutdated) this.#resumeAtMs = nowMs;
    this.#measuredMs = null;
  }

  get #isLowest(): boolean {
    return this.#threads === this.#candidates[0];
  }

  /** Uses fewer than `below` threads from now on, if there is such a candidate, and tries more again after a pause. */
  lower(below: number, nowMs: number): void {
    const fewer = this.#candidates.findLast((candidate) => candidate < below);
    if (fewer === undefined || this.#threads <= fewer) return;
    this.#change(fewer);
    this.#pause(this.#pauseMs * 2, nowMs);
  }

  /** Whether rounds have become slower than usual, so that fewer threads should be tried; at most every two seconds. */
  #isSlow(nowMs: number): boolean {
    if (this.#isLowest || nowMs < this.#triedAtMs + shortestPauseMs) return false;
    if (this.#slow.filter(Boolean).length >= 2) return true;
    if (this.#recent.length < remembered) return false;
    return median(this.#recent.slice(-driftRounds)) > median(this.#recent.slice(0, -driftRounds)) * driftFactor;
  }

  /** The next higher or lower number, or else the next one in the other direction. */
  #next(upwards: boolean): number | undefined {
    const index = this.#candidates.indexOf(this.#threads);
    const [first, second] = upwards ? [index + 1, index - 1] : [index - 1, index + 1];
    return this.#candidates[first] ?? this.#candidates[second];
  }

  #tryInTurn(nowMs: number): void {
    const threads = this.#next(this.#triesUp);
    const further = (threads ?? 0) - this.#threads;
    const hasCores = further <= 0 || this.#hasIdleCores(further, nowMs);
    if (hasCores === true) this.#try(threads);
    if (hasCores !== false) return;
    this.#triesUp = false;
    this.#resumeAtMs = nowMs + shortestPauseMs;
  }

  #try(threads: number | undefined): void {
    this.#triesUp = threads !== undefined && threads < this.#threads;
    this.#slow = [];
    if (threads !== undefined) this.#trial = { threads, ours: [], theirs: [] };
  }

  #judge(trial: Trial, ms: number, nowMs: number): void {
    const { ours, theirs, threads } = trial;
    if (theirs.length === ours.length) {
      ours.push(ms);
      return;
    }
    theirs.push(ms);
    const isMore = threads > this.#threads;
    const needed = isMore ? gain : 1;
    const wins = theirs.filter((each, index) => each < (ours[index] ?? 0) * needed).length;
    const isLost =
      ms > Math.max(...ours) * (isMore ? lostFactor.more : lostFactor.fewer) || theirs.length - wins >= pairs / 2;
    if (theirs.length < pairs && !isLost) return;
    this.#trial = null;
    this.#triedAtMs = nowMs;
    if (!isLost && median(theirs) < median(ours) * needed) {
      this.#change(threads);
      this.#usualMs = median(theirs);
      // The pause is not reset, because something that needs the cores now and then must not be tried at every turn.
      this.#pause(this.#pauseMs, nowMs);
    } else {
      this.#pause(this.#pauseMs * 2, nowMs);
    }
  }

  #change(threads: number): void {
    this.#threads = threads;
    this.#trial = null;
    this.#recent = [];
    this.#slow = [];
    this.#usualMs = null;
  }

  #pause(ms: number, nowMs: number): void {
    this.#pauseMs = Math.min(longestPauseMs, ms);
    this.#resumeAtMs = nowMs + this.#pauseMs;
    // What was observed since counts for more, and the measurement was of another number if that has changed.
    this.#measuredMs = null;
  }
}
