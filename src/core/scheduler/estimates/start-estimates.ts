import type { Clock } from '../../base/clock.js';
import type { Demand } from '../jobs/demand.js';
import type { Job, QueueEntry, Run, WaitingView } from '../jobs/job.js';
import type { JobLine } from '../line/job-line.js';
import { AnswerLengths } from './answer-lengths.js';
import { type Outlook, startMs } from './outlook.js';
import { Overtaking } from './overtaking.js';
import { ReleaseRate } from './release-rate.js';
import { TokenPace } from './token-pace.js';

/** How long the expectations of one moment are used, in milliseconds; less if a job has started or ended since. */
const longestUse = 200;
const shortestUse = 20;

/** As good as never, but finite, so that zero times it is zero. */
const longMs = 1e12;

/** How many lengths are considered for all running jobs together. */
const mostLengths = 1024;

/**
 * When waiting jobs will start, from what was measured: how long tokens take, how long answers are, and what the jobs ahead
 * ask for.
 *
 * A running job may end at any of the times at which recent answers would have ended that were at least as long. The sum of
 * these probabilities is how many slots will have become free by a time; each of them is then occupied again for as long as
 * the jobs ahead take on average. The job in position p starts when about p slots have become free.
 *
 * Until tokens have been measured, only the rate at which jobs end is known.
 */
export class StartEstimates<J extends Job> {
  readonly #clock: Clock;
  readonly #rate: ReleaseRate;
  readonly #pace: TokenPace;
  readonly #lengths: AnswerLengths;
  /** Where later jobs may start earlier. */
  readonly #overtaking: Overtaking | null;
  readonly #running = new Set<J>();
  readonly #startsByMs: (job: J) => number | null;
  #outlook: Outlook | null = null;
  #hasChanged = false;
  #tokens = 0;
  #tokensAtOutlook = 0;
  /** Jobs whose tokens have been measured. */
  #measured: number;

  /**
   * @param isFair whether jobs that come later may start earlier
   * @param startsByMs the time on the clock by which a waiting job gets the place of one that is paused for it; null if that is
   *   not certain
   * @param former those of a scheduler that is no longer used: what they have measured is taken over
   */
  constructor(
    isFair: boolean,
    clock: Clock,
    startsByMs: (job: J) => number | null = () => null,
    former: StartEstimates<J> | null = null,
  ) {
    this.#overtaking = isFair ? ((former === null ? null : former.#overtaking) ?? new Overtaking()) : null;
    this.#clock = clock;
    this.#startsByMs = startsByMs;
    this.#rate = former === null ? new ReleaseRate() : former.#rate;
    this.#pace = former === null ? new TokenPace() : former.#pace;
    this.#lengths = former === null ? new AnswerLengths() : former.#lengths;
    this.#measured = former === null ? 0 : former.#measured;
    // Until the first of the jobs is adopted that still run.
    this.#rate.idle(clock.now());
  }

  /** The work of a job in all its places together, in the number of output tokens that take as long. */
  workOf({ demand, run, places }: J): number {
    const { outputMs, promptMs } = this.#pace;
    const expected = this.#lengths.expected(demand);
    if (outputMs === null || expected === null) return 0;
    // One that was paused finds its prompt in the cache.
    if (run !== null) return Math.max(1, expected - run.outputTokens);
    return (expected + (demand.promptTokens * promptMs) / outputMs) * places;
  }

  /** Weighs all waiting jobs by what is known now. */
  weigh(line: JobLine<J>): void {
    line.weighAll((job) => this.workOf(job));
  }

  started(job: J): void {
    const startedMs = this.#clock.now();
    const { expectation } = job;
    if (expectation !== null) {
      const { atMs, isFirst, waitMs } = expectation;
      this.#overtaking?.waited(job.demand.key, isFirst, startedMs - atMs, waitMs);
    }
    job.run ??= { startedMs, firstTokenMs: null, outputTokens: 0, pausedMs: null };
    this.#running.add(job);
    this.#hasChanged = true;
    this.#rate.busy(startedMs);
  }

  /** A running job waits again. The expectation of its first wait is obsolete. */
  paused(job: J): void {
    job.expectation = null;
    // Without a token, it begins anew.
    if (job.run?.outputTokens === 0) job.run = null;
    else if (job.run !== null) job.run.pausedMs = this.#clock.now();
    job.work = this.workOf(job);
    this.#running.delete(job);
    this.#hasChanged = true;
  }

  produced({ run }: J): void {
    if (run === null) return;
    if (run.outputTokens === 0) run.firstTokenMs = this.#clock.now();
    // Neither the pause nor reading everything again is time per token.
    if (run.pausedMs !== null) skipPause(run, this.#clock.now() - run.pausedMs);
    run.outputTokens += 1;
    this.#tokens += 1;
  }

  /** @returns whether what waits should be weighed again, because much more is known now */
  ended(job: J): boolean {
    const nowMs = this.#clock.now();
    for (let place = 0; place < job.places; place += 1) this.#rate.release(nowMs);
    this.#running.delete(job);
    if (this.#running.size === 0) this.#rate.idle(nowMs);
    this.#hasChanged = true;
    const { run, demand, places } = job;
    job.run = null;
    if (run === null || run.outputTokens === 0) return false;
    // For each of its answers, which are generated concurrently.
    const outputTokens = Math.max(1, run.outputTokens / places);
    const { startedMs, firstTokenMs, pausedMs } = run;
    const endMs = pausedMs ?? nowMs;
    if (firstTokenMs === null) this.#pace.answered(demand.promptTokens, outputTokens, endMs - startedMs);
    else {
      this.#pace.prefilled(demand.promptTokens, firstTokenMs - startedMs);
      this.#pace.decoded(outputTokens, endMs - firstTokenMs);
    }
    this.#lengths.add(demand, outputTokens);
    this.#measured += 1;
    // 1, 4, 16, 64 and so on, because weighing all waiting jobs costs more than anything else here.
    return Number.isInteger(Math.log2(this.#measured) / 2);
  }

  /**
   * Expected time until a waiting job starts, in milliseconds; null before any job has ended.
   *
   * @param position 1 for the one that starts next
   * @param workAhead the sum of {@link workOf} of the waiting jobs before it
   */
  etaMs(job: J, position: number, workAhead: number): number | null {
    const slotMs = this.slotMs(job, position, workAhead);
    return slotMs === null ? null : Math.min(slotMs, this.pausesMs(job) ?? Infinity);
  }

  /** The longest time until a waiting job gets the place of one that is paused for it; null if that is not certain. */
  pausesMs(job: J): number | null {
    const byMs = this.#startsByMs(job);
    return byMs === null ? null : Math.max(0, byMs - this.#clock.now());
  }

  /** {@link etaMs} if no job were paused. */
  slotMs(job: J, position: number, workAhead: number): number | null {
    const nowMs = this.#clock.now();
    const waitMs = this.#waitMs(nowMs, position, workAhead, job.places);
    if (waitMs === null || this.#overtaking === null) return waitMs;
    return waitMs * this.#overtaking.factorOf(job.demand.key, isFirstOfItsKey(job));
  }

  /** Expected time from the start of a job to its first token, in milliseconds; 0 before that was measured. */
  prefillMs({ promptTokens }: Demand): number {
    return promptTokens * this.#pace.promptMs;
  }

  /** Where a waiting job stands. Its estimate is compared with the actual wait. */
  viewIn(line: JobLine<J>, job: J): WaitingView {
    const position = line.position(job);
    const slotMs = this.slotMs(job, position, line.workAhead(job));
    const pausesMs = this.pausesMs(job) ?? Infinity;
    const etaMs = slotMs === null ? null : Math.min(slotMs, pausesMs);
    // If a pause ends a wait, the wait says nothing about who comes before whom.
    if (etaMs !== null && etaMs < pausesMs && this.#overtaking !== null && job.expectation === null) {
      const isFirst = isFirstOfItsKey(job);
      const waitMs = etaMs / this.#overtaking.factorOf(job.demand.key, isFirst);
      job.expectation = { atMs: this.#clock.now(), isFirst, waitMs };
    }
    return { position, etaMs };
  }

  /** All waiting jobs in order. */
  *entriesOf(line: JobLine<J>): Generator<QueueEntry<J>> {
    const nowMs = this.#clock.now();
    let position = 1;
    let workAhead = 0;
    for (const job of line) {
      const etaMs = this.etaMs(job, position, workAhead);
      yield { job, position, waitedMs: nowMs - job.admittedMs, etaMs };
      position += job.places;
      workAhead += job.work;
    }
  }

  /**
   * When a refused caller should try again: when this many places, including its own, would have become free. 1 to 60
   * s.
   */
  retryAfterSeconds(waiting: number): number {
    const seconds = this.#rate.expectedMs(waiting + 1, this.#clock.now()) / 1000;
    return Math.min(60, Math.max(1, Math.ceil(seconds)));
  }

  #waitMs(nowMs: number, position: number, workAhead: number, places: number): number | null {
    const { outputMs } = this.#pace;
    // It starts when the last of its places is free.
    const last = position + places - 1;
    if (outputMs === null || this.#lengths.isEmpty) {
      const perSecond = this.#rate.perSecond(nowMs);
      return perSecond === null ? null : (last / perSecond) * 1000;
    }
    const outlook = this.#currentOutlook(nowMs, outputMs);
    const meanMs = position > 1 ? (workAhead * outputMs) / (position - 1) : longMs;
    const ms = startMs(outlook, last, Math.max(meanMs, outputMs), this.#lengths.variation);
    return Math.max(0, ms + outlook.stalledMs - (nowMs - outlook.madeMs));
  }

  #currentOutlook(nowMs: number, outputMs: number): Outlook {
    const known = this.#outlook;
    if (known !== null && nowMs - known.madeMs < (this.#hasChanged ? shortestUse : longestUse)) return known;
    // If none of them has produced a token since then, the engine is doing something else, such as restarting.
    const isQuiet = this.#tokens === this.#tokensAtOutlook && !this.#hasChanged;
    const hasStalled = known !== null && isQuiet && [...this.#running].some(({ isSilent }) => !isSilent);
    const stalledMs = hasStalled ? known.stalledMs + nowMs - known.madeMs : 0;
    this.#hasChanged = false;
    this.#tokensAtOutlook = this.#tokens;
    this.#outlook = { madeMs: nowMs, stalledMs, ...this.#freeTimes(nowMs, outputMs) };
    return this.#outlook;
  }

  #freeTimes(nowMs: number, outputMs: number): Pick<Outlook, 'freeMs' | 'slots' | 'weightedMs'> {
    const most = Math.max(2, Math.floor(mostLengths / Math.max(1, this.#running.size)));
    /** When the places of a job may become free, all at once, each time with as many as that is probable. */
    const times: { readonly ms: number; readonly places: number }[] = [];
    for (const job of this.#running) {
      const left = this.#tokensLeft(job, this.#produced(job, nowMs, outputMs), most);
      const prefillMs = this.#prefillLeftMs(job, nowMs);
      for (const tokens of left) times.push({ ms: prefillMs + tokens * outputMs, places: job.places / left.length });
    }
    times.sort((one, other) => one.ms - other.ms);
    let slots = 0;
    let weightedMs = 0;
    const sums = times.map(({ ms, places }) => {
      slots += places;
      weightedMs += ms * places;
      return { slots, weightedMs };
    });
    return {
      freeMs: times.map(({ ms }) => ms),
      slots: sums.map((sum) => sum.slots),
      weightedMs: sums.map((sum) => sum.weightedMs),
    };
  }

  /** Tokens of each of its answers; if its tokens are not visible, as many as there should be by now. */
  #produced({ demand, run, places, isSilent }: J, nowMs: number, outputMs: number): number {
    if (run === null) return 0;
    if (!isSilent) return run.outputTokens / places;
    return Math.max(0, nowMs - run.startedMs - demand.promptTokens * this.#pace.promptMs) / outputMs;
  }

  /** How many tokens the answer may still get, at least one possibility. */
  #tokensLeft({ demand }: J, produced: number, most: number): readonly number[] {
    const longer = this.#lengths.likely(demand, most).filter((length) => length > produced);
    if (longer.length > 0) return longer.map((length) => length - produced);
    // Longer than all recent answers: it is assumed to be half done.
    return [Math.max(1, Math.min(demand.maxTokens - produced, produced))];
  }

  #prefillLeftMs({ demand, run }: J, nowMs: number): number {
    if (run === null || run.outputTokens > 0) return 0;
    return Math.max(0, demand.promptTokens * this.#pace.promptMs - (nowMs - run.startedMs));
  }
}

/** And of its class. */
function isFirstOfItsKey({ ticket }: Job): boolean {
  return ticket?.previous === null;
}

function skipPause(run: Run, ms: number): void {
  run.startedMs += ms;
  if (run.firstTokenMs !== null) run.firstTokenMs += ms;
  run.pausedMs = null;
}
