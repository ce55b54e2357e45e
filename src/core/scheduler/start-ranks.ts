import type { Clock } from '../base/clock.js';
import { isEarlier, type Turn } from './counted-jobs.js';
import type { Job } from './job.js';
import type { KeyAccount, Ticket } from './key-account.js';
import { type ForecastRules, KeyForecast } from './key-forecast.js';
import type { KeyedJobs } from './keyed-jobs.js';
import { rankOf } from './traffic-class.js';

/** How many places and how much work start before a job. */
export interface StartRank {
  readonly position: number;
  readonly workAhead: number;
}

/**
 * The position of one waiting job, without taking those before it in turns. In each class, the job of the key with the least counter
 * starts next, and the counter of a key only grows by what its own jobs cost. So a job starts after those of each other key
 * whose turn comes at a lower counter, which are found in O(log n): together O(k log n) for k keys with n jobs each.
 *
 * A key that comes to a lower class only after its jobs in a higher one is lifted there, to the least of those that compete in it, or
 * else to what the first that comes there has.
 *
 * Keys with a limit of running jobs are lifted whenever they come back from it, which only the order itself can tell.
 */
export class StartRanks<J extends Job> {
  readonly #keys: Pick<KeyedJobs<J>, 'isFifo' | 'arrivals' | 'waiting' | 'size'>;
  readonly #competition: KeyedJobs<J>['competition'];
  readonly #rules: ForecastRules<J>;
  readonly #clock: Clock;
  /** Of all keys with waiting jobs; null until a position is asked for. */
  #forecasts: Map<KeyAccount<J>, KeyForecast<J>> | null = null;

  constructor(keys: KeyedJobs<J>, charges: ForecastRules<J>['charges'], clock: Clock) {
    this.#keys = keys;
    this.#competition = keys.competition;
    this.#rules = { competition: keys.competition, charges, workOf: ({ job }) => job.work };
    this.#clock = clock;
  }

  /** How many positions take about as long as the whole order. */
  get worth(): number {
    return Math.ceil((4 * this.#keys.size) / Math.max(1, this.#keys.waiting.size));
  }

  /** Has to be called when a job has begun to wait behind all others. */
  entered(ticket: Ticket<J>): void {
    if (this.#forecasts !== null)
      this.#forecastOf(ticket.lane.account, this.#forecasts).entered(ticket, this.#clock.now());
  }

  /** Has to be called while a job still waits that is about to leave. */
  leaving(ticket: Ticket<J>): void {
    const { account } = ticket.lane;
    if (account.waiting === ticket.places) this.#forecasts?.delete(account);
    else this.#forecasts?.get(account)?.leaving(ticket);
  }

  /** Has to be called when the jobs of a key, or those of all, have changed in another way. */
  spoil(account: KeyAccount<J> | null): void {
    if (account === null) this.#forecasts = null;
    else this.#forecasts?.delete(account);
    if (account !== null && this.#forecasts !== null) this.#forecastOf(account, this.#forecasts);
  }

  /** @returns null if only the order can tell */
  of(ticket: Ticket<J>): StartRank | null {
    if (this.#keys.isFifo) return this.#ofArrival(ticket);
    const nowMs = this.#clock.now();
    const rank = this.#competition.rankAt(ticket, nowMs);
    const least = this.#leastIn(rank, nowMs);
    const turn = least === null ? null : this.#turnOf(ticket, rank, least, nowMs);
    if (least === null || turn === null) return null;
    let position = 1;
    let workAhead = 0;
    for (const forecast of this.#all()) {
      if (!this.#isKnown(forecast, nowMs)) return null;
      const jobs = forecast.classes[rank];
      if (jobs === undefined) continue;
      const count = countBefore(forecast, ticket, { turn, rank, least });
      position += jobs.placesBefore(count);
      workAhead += jobs.workBefore(count);
      if (rank === 0) continue;
      position += forecast.placesAbove(rank);
      workAhead += forecast.workAbove(rank);
    }
    return { position, workAhead };
  }

  /**
   * When the last of the jobs up to one came whose position is known; infinite if any of them is not interactive or needs several
   * places. Takes time in proportion to its position as well.
   */
  allSinceMs(ticket: Ticket<J>): number {
    const rank = rankOf('interactive');
    if (!isPlain(ticket)) return Infinity;
    const least = 0;
    const turn = this.#turnOf(ticket, rank, least, this.#clock.now());
    if (turn === null) return Infinity;
    let sinceMs = ticket.enteredMs;
    for (const forecast of this.#all()) {
      const count = countBefore(forecast, ticket, { turn, rank, least });
      for (const other of forecast.classes[rank]?.firstOf(count) ?? []) {
        if (other !== undefined) sinceMs = Math.max(sinceMs, isPlain(other) ? other.enteredMs : Infinity);
      }
    }
    return sinceMs;
  }

  #ofArrival({ job }: Ticket<J>): StartRank | null {
    const { arrivals, waiting } = this.#keys;
    for (const { terms } of waiting) if (terms.maxRunning !== null) return null;
    return { position: arrivals.position(job), workAhead: arrivals.workAhead(job) };
  }

  #all(): Iterable<KeyForecast<J>> {
    if (this.#forecasts === null) {
      this.#forecasts = new Map();
      for (const account of this.#keys.waiting) this.#forecastOf(account, this.#forecasts);
    }
    return this.#forecasts.values();
  }

  #forecastOf(account: KeyAccount<J>, all: Map<KeyAccount<J>, KeyForecast<J>>): KeyForecast<J> {
    const known = all.get(account);
    if (known !== undefined) return known;
    const forecast = new KeyForecast(account, this.#rules);
    all.set(account, forecast);
    return forecast;
  }

  /** Whether the counter of a key only grows by what its jobs cost. */
  #isKnown(forecast: KeyForecast<J>, nowMs: number): boolean {
    return forecast.account.terms.maxRunning === null && forecast.update(nowMs);
  }

  #turnOf(ticket: Ticket<J>, rank: number, least: number, nowMs: number): Turn | null {
    this.#all();
    const forecast = this.#forecasts?.get(ticket.lane.account);
    const jobs = forecast?.classes[rank];
    if (forecast === undefined || jobs === undefined || !this.#isKnown(forecast, nowMs)) return null;
    jobs.startAt(forecast.counterIn(rank, least));
    return jobs.turnOf(jobs.countBefore(ticket), forecast.runningBefore(rank));
  }

  /** What a key that comes to a class later will have had at least; null if only the order can tell. */
  #leastIn(rank: number, nowMs: number): number | null {
    if (rank === 0) return 0;
    const competing = this.#competition.firstServiceIn(rank);
    if (competing !== null) return competing;
    const lastServed = this.#competition.lastServed[rank] ?? 0;
    for (let higher = 0; higher < rank; higher += 1) {
      const least = this.#leastIn(higher, nowMs);
      if (least === null) return null;
      const first = this.#firstToLeave(higher, rank, least, nowMs);
      if (first === 'unknown') return null;
      if (first !== null) return Math.max(first.servedIn(rank), lastServed);
    }
    return lastServed;
  }

  /** Of the keys that come from a class to a lower one, the first. */
  #firstToLeave(from: number, rank: number, least: number, nowMs: number): KeyAccount<J> | 'unknown' | null {
    let first: { readonly account: KeyAccount<J>; readonly turn: Turn } | null = null;
    for (const forecast of this.#all()) {
      if (!this.#isKnown(forecast, nowMs)) return 'unknown';
      const jobs = forecast.classes[from];
      if (jobs === undefined || jobs.size === 0) continue;
      jobs.startAt(forecast.counterIn(from, least));
      const turn = jobs.leavesAt(rank, forecast.runningBefore(from));
      if (turn !== null && (first === null || isEarlier(turn, first.turn))) first = { account: forecast.account, turn };
    }
    return first?.account ?? null;
  }
}

/** How many jobs of a key in a class start before one. */
function countBefore<J extends Job>(
  forecast: KeyForecast<J>,
  ticket: Ticket<J>,
  { turn, rank, least }: { readonly turn: Turn; readonly rank: number; readonly least: number },
): number {
  const jobs = forecast.classes[rank];
  if (jobs === undefined || jobs.size === 0) return 0;
  jobs.startAt(forecast.counterIn(rank, least));
  return forecast.account === ticket.lane.account
    ? jobs.countBefore(ticket)
    : jobs.countEarlier(turn, forecast.runningBefore(rank));
}

function isPlain<J>({ lane, places }: Ticket<J>): boolean {
  return lane.rank === rankOf('interactive') && places === 1;
}
