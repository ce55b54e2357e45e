import { rateLimitedError, tooManyTogetherError } from '../base/refusals/key-refusals.js';
import { drainingError, queuedTokensError, queueFullError } from '../base/refusals/queue-refusals.js';
import type { Claimant } from './jobs/demand.js';
import type { KeyRoom } from './jobs/key-account.js';
import type { SchedulerLimits } from './scheduler-options.js';

/** How full the queues are, and their limits. */
export interface QueueState {
  readonly limits: SchedulerLimits;
  /** The most prompt tokens of all waiting jobs together; null for any number. */
  readonly maxQueuedTokens: number | null;
  /** Places that exist now: the limit, or the usable places if they are fewer. */
  readonly places: number;
  /** Places that running jobs take. */
  readonly running: number;
  /** Places that waiting jobs need. */
  readonly waiting: number;
  /** Prompt tokens of all waiting jobs. */
  readonly queuedTokens: number;
  readonly draining: boolean;
  /** Free places that are held back for some keys and classes. */
  readonly heldPlaces: number;
  /** Whether the first job in line needs more places than are free, so that the free ones are kept for it. */
  readonly isSavingUp: boolean;
  /** Whether a waiting job may start as far as its key is concerned; a new job then waits behind it. */
  readonly hasContender: boolean;
}

/** Against whose limits a job counts. */
type Payer = Pick<Claimant, 'key' | 'payer'>;

/** Requests that are being prepared and will be admitted as jobs, unless they fail. */
export interface PendingJobs {
  readonly total: number;
  readonly byPayer: ReadonlyMap<string, number>;
}

const nonePending: PendingJobs = { total: 0, byPayer: new Map() };

/** Decides whether jobs can be admitted. Changes nothing. */
export class QueueRoom {
  readonly #state: QueueState;
  readonly #roomOf: (payer: string) => KeyRoom | null;
  readonly #retryAfterSeconds: () => number;

  /** @param roomOf null for a key without limits */
  constructor(state: QueueState, roomOf: (payer: string) => KeyRoom | null, retryAfterSeconds: () => number) {
    this.#state = state;
    this.#roomOf = roomOf;
    this.#retryAfterSeconds = retryAfterSeconds;
  }

  /** How many more jobs could be admitted now, to run or to wait, of those for whom no places are held back. */
  get vacancies(): number {
    const { draining, limits, waiting } = this.#state;
    // After a resize there may be more waiting than the limits allow.
    return draining ? 0 : Math.max(0, this.#freePlaces + limits.maxQueue - waiting);
  }

  /** Free places that are held back for some keys and classes. */
  get heldPlaces(): number {
    return this.#state.heldPlaces;
  }

  /** Whether a job can be admitted. @throws ChatstreamError `queue_full`, `draining` */
  assertVacancy(): void {
    const { draining, limits, running, waiting } = this.#state;
    if (draining) throw drainingError(this.#retryAfterSeconds());
    if (this.vacancies > 0) return;
    throw queueFullError({ ...limits, running, waiting, pending: 0 }, this.#retryAfterSeconds());
  }

  /**
   * Whether so many jobs of a key can be admitted if `pending` others come first. If all start at once, it makes no difference
   * how many wait that may not start; free places that a key may not take are no room for it.
   *
   * @throws ChatstreamError `queue_full`, `draining`
   */
  assertVacancyFor(claimant: Payer, jobs: number, pending: PendingJobs = nonePending): void {
    const { draining, limits, running, waiting, hasContender } = this.#state;
    if (draining) throw drainingError(this.#retryAfterSeconds());
    const payer = claimant.payer ?? claimant.key;
    const free = this.#freePlaces;
    let mayStart = this.#mayStart(payer);
    // Where others hold the line, there is no need to go through all who are on their way here.
    if (free === Infinity && mayStart === Infinity) return;
    let starting = 0;
    for (const [other, others] of pending.byPayer) {
      if (starting === free) break;
      const first = Math.min(others, free - starting, this.#mayStart(other));
      starting += first;
      if (other === payer) mayStart -= first;
    }
    const own = Math.min(jobs, free - starting, mayStart);
    if (own === jobs && !hasContender) return;
    // Where others wait that may start, they are about to take the free places.
    const taken = hasContender ? Math.min(free, pending.total + mayStart) : starting + own;
    if (waiting + pending.total + jobs - taken <= limits.maxQueue) return;
    throw queueFullError({ ...limits, running, waiting, pending: pending.total + jobs - 1 }, this.#retryAfterSeconds());
  }

  /** Whether a job can be admitted. @throws ChatstreamError `queue_full`, `draining` */
  assertRoomOf({ demand, places }: { readonly demand: Payer; readonly places: number }): void {
    if (places === 1) {
      this.assertVacancyFor(demand, 1);
      return;
    }
    this.assertRoomFor(places, this.isNextOf(demand, places) && this.#freePlaces >= places);
  }

  /** Whether a job that needs several places at once would start now if there were so many free ones. */
  isNextOf(claimant: Payer, places: number): boolean {
    const { maxRunning = Infinity, mayStart = Infinity } = this.#roomFor(claimant) ?? {};
    // One that needs more than its key may have runs alone.
    return !this.#state.hasContender && mayStart >= Math.min(places, maxRunning);
  }

  /**
   * Whether a job can be admitted that needs several places at once: those that it waits for count as taken in the queue.
   *
   * @param isFree whether it would start at once
   * @throws ChatstreamError `queue_full`, `draining`
   */
  assertRoomFor(places: number, isFree: boolean): void {
    if (places === 1) {
      this.assertVacancy();
      return;
    }
    const { draining, limits, running, waiting } = this.#state;
    if (draining) throw drainingError(this.#retryAfterSeconds());
    if (isFree) return;
    if (waiting + places <= limits.maxQueue) return;
    throw queueFullError({ ...limits, running, waiting, pending: 0, places }, this.#retryAfterSeconds());
  }

  /**
   * Whether jobs with such prompts, in tokens, can be admitted together.
   *
   * @param claimant whose jobs they are: if all start at once, none of their tokens wait
   * @throws ChatstreamError `queue_full`
   */
  assertTokens(prompts: readonly number[], claimant?: Payer): void {
    const { maxQueuedTokens: most, queuedTokens, waiting } = this.#state;
    // A prompt that is longer than the limit must have its chance.
    if (most === null || waiting === 0) return;
    if (claimant !== undefined && this.#startAtOnce(claimant, prompts.length)) return;
    const tokens = prompts.reduce((sum, each) => sum + each, 0);
    if (queuedTokens + tokens <= most) return;
    throw queuedTokensError(queuedTokens, tokens, most, this.#retryAfterSeconds());
  }

  /**
   * Whether a key may have so many more jobs wait: those that could start at once do not count.
   *
   * @throws ChatstreamError `rate_limited`
   */
  assertKey(claimant: Payer, jobs: number): void {
    const { maxWaiting = null, waiting = 0, mayStart = 0 } = this.#roomFor(claimant) ?? {};
    if (maxWaiting === null) return;
    const free = this.#state.hasContender ? 0 : this.#freePlaces;
    const waits = jobs - Math.min(jobs, free, mayStart);
    if (waits === 0 || waiting + waits <= maxWaiting) return;
    throw rateLimitedError(claimant.payer ?? claimant.key, `${maxWaiting} waiting requests`, this.#retryAfterSeconds());
  }

  /**
   * Whether a key may have a job that needs several places at once.
   *
   * @param isFree whether there are places for it now
   * @throws ChatstreamError `rate_limited`; `invalid_request` for more places than the key may ever have
   */
  assertKeyTogether(claimant: Payer, places: number, isFree: boolean): void {
    const {
      maxRunning = Infinity,
      mayStart = Infinity,
      maxWaiting = null,
      waiting = 0,
    } = this.#roomFor(claimant) ?? {};
    if (places > maxRunning) throw tooManyTogetherError(claimant.payer ?? claimant.key, places, maxRunning);
    if (maxWaiting === null || (isFree && mayStart >= places) || waiting + places <= maxWaiting) return;
    throw rateLimitedError(claimant.payer ?? claimant.key, `${maxWaiting} waiting requests`, this.#retryAfterSeconds());
  }

  #startAtOnce({ key, payer = key }: Payer, jobs: number): boolean {
    return !this.#state.hasContender && Math.min(this.#freePlaces, this.#mayStart(payer)) >= jobs;
  }

  #mayStart(payer: string): number {
    return this.#roomOf(payer)?.mayStart ?? Infinity;
  }

  #roomFor({ key, payer = key }: Payer): KeyRoom | null {
    return this.#roomOf(payer);
  }

  /** Places that all may take. After a resize there may be more running than the limits allow. */
  get #freePlaces(): number {
    const { places, running, heldPlaces } = this.#state;
    const free = places - running - heldPlaces;
    return free <= 0 || this.#state.isSavingUp ? 0 : free;
  }
}
