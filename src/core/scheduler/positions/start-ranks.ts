import type { KeyedJobs } from '../fairness/keyed-jobs.js';
import type { Job } from '../jobs/job.js';
import type { KeyAccount, Ticket } from '../jobs/key-account.js';
import { trafficClasses } from '../jobs/traffic-class.js';
import { isEarlier, type Turn } from './counted-jobs.js';
import { type ForecastRules, KeyForecast, type KeyInClass } from './key-forecast.js';
import type { Moment } from './moment.js';
import { type ClassBasis, SettledClass, sumAbove } from './settled-class.js';
import type { Load } from './sorted-turns.js';

/** How many places and how much work start before a job. */
export interface StartRank {
  readonly position: number;
  readonly workAhead: number;
}

/** All waiting jobs in a class, of one moment. */
interface JobsInClass<J> {
  readonly asOf: number;
  /** Null if only the order can tell whose turn comes when. With settled keys, only those that have changed. */
  readonly keys: readonly KeyInClass<J>[] | null;
  readonly settled: SettledClass<J> | null;
  /** The states of changed keys when the others were settled. */
  readonly former: readonly KeyInClass<J>[];
  /** Of all jobs in higher classes. */
  readonly above: Load;
}

const none: Load = { places: 0, work: 0 };

/** With so few keys, looking at each takes no longer than keeping them settled from one moment to the next. */
const fewKeys = 64;

/**
 * The position of one waiting job, without taking those before it in turns. In each class, the job of the key with the least counter
 * starts next, and the counter of a key only grows by what its own jobs cost. So a job starts after those of each other key
 * whose turn comes at a lower counter, which are found in O(log n): together O(k log n) for k keys with n jobs each.
 *
 * Where many positions are asked for, the jobs of all keys are sorted, and only keys that have changed since are looked at one by
 * one: so often that sorting takes no longer than that. It takes about as long as looking at one key for each waiting job.
 *
 * A key that comes to a lower class only after its jobs in a higher one is lifted there, to the least of those that compete in it, or
 * else to what the first that comes there has.
 *
 * Keys with a limit of running jobs are lifted whenever they come back from it, which only the order itself can tell.
 */
export class StartRanks<J extends Job> {
  readonly #keys: Pick<KeyedJobs<J>, 'isFifo' | 'hasLimits' | 'arrivals' | 'waiting' | 'size'>;
  readonly #rules: ForecastRules<J>;
  readonly #moment: Moment<J>;
  /** Of all keys with waiting jobs; null until a position is asked for. */
  #forecasts: Map<KeyAccount<J>, KeyForecast<J>> | null = null;
  /** One for each class. */
  readonly #classes: (JobsInClass<J> | null)[] = trafficClasses.map(() => null);
  /** One for each class. */
  readonly #settled: (SettledClass<J> | null)[] = trafficClasses.map(() => null);
  /** How many keys have been looked at in each class since all of it were settled; of few keys, since the moment began. */
  readonly #looks: number[] = trafficClasses.map(() => 0);

  /** @param moment for which positions are computed; begun before any is requested */
  constructor(keys: KeyedJobs<J>, charges: ForecastRules<J>['charges'], moment: Moment<J>) {
    this.#keys = keys;
    this.#rules = { competition: keys.competition, charges, workOf: ({ job }) => job.work, moment };
    this.#moment = moment;
  }

  /** Must be called when a job has begun to wait behind all others. */
  entered(ticket: Ticket<J>, nowMs: number): void {
    if (this.#forecasts === null) return;
    const { account } = ticket.lane;
    this.changed(account);
    this.#forecastOf(account, this.#forecasts).entered(ticket, nowMs);
  }

  /** Must be called for a job that is about to leave, while it still waits. */
  leaving(ticket: Ticket<J>): void {
    const { account } = ticket.lane;
    this.changed(account);
    if (account.waiting === ticket.places) this.#forecasts?.delete(account);
    else this.#forecasts?.get(account)?.leaving(ticket);
  }

  /** Must be called when the jobs of a key, or those of all, have changed in another way. */
  spoil(account: KeyAccount<J> | null): void {
    if (account === null) {
      this.#forecasts = null;
      this.#settled.fill(null);
    } else if (this.#forecasts !== null) {
      this.changed(account);
      this.#forecastOf(account, this.#forecasts).spoil();
    }
  }

  /** Must be called when the work of all jobs has changed, which their order does not depend on. */
  weighed(): void {
    this.#settled.fill(null);
    for (const forecast of this.#forecasts?.values() ?? []) forecast.weighed();
  }

  /** Must be called before or after a key changes in any other way. */
  changed(account: KeyAccount<J>): void {
    let isNew = false;
    for (const [rank, settled] of this.#settled.entries()) {
      // It would keep jobs in memory that have left, with little benefit.
      if (!this.#moment.isOpen && (this.#hasFew || settled?.isWorn === true)) {
        this.#settled[rank] = this.#classes[rank] = null;
      } else if (settled?.change(account) === true) {
        isNew = true;
      }
    }
    if (!isNew || this.#forecasts?.has(account) !== true) return;
    // Its state when it was settled stays as it is.
    this.#forecasts.set(account, new KeyForecast(account, this.#rules));
  }

  /** @returns null if only the order can tell */
  of(ticket: Ticket<J>): StartRank | null {
    const { isFifo, hasLimits, arrivals } = this.#keys;
    // Without limits, the counter of a key only grows by what its jobs cost.
    if (hasLimits) return null;
    if (isFifo) return { position: arrivals.position(ticket.job), workAhead: arrivals.workAhead(ticket.job) };
    const rank = this.#rules.competition.rankAt(ticket, this.#moment.nowMs);
    const inClass = this.#inClass(rank);
    const { keys, settled, former, above } = inClass;
    const own = this.#ownOf(ticket, inClass);
    if (keys === null || own === null) return null;
    const turn = own.jobs.turnOf(own.jobs.countBefore(ticket), own.running);
    const { places, work } = settled?.before(turn) ?? none;
    let position = 1 + above.places + places;
    let workAhead = above.work + work;
    for (const { jobs, running } of keys) {
      const count = jobs.countEarlier(turn, running);
      position += jobs.placesBefore(count);
      workAhead += jobs.workBefore(count);
    }
    for (const { jobs, running } of former) {
      const count = jobs.countEarlier(turn, running);
      position -= jobs.placesBefore(count);
      workAhead -= jobs.workBefore(count);
    }
    this.#looked(rank, keys.length + former.length);
    return { position, workAhead };
  }

  #looked(rank: number, keys: number): void {
    this.#looks[rank] = (this.#looks[rank] ?? 0) + keys;
  }

  /** Whether sorting all jobs of a class takes no longer than looking at keys has taken. */
  #isDue(rank: number): boolean {
    return (this.#looks[rank] ?? 0) > this.#keys.size;
  }

  get #hasFew(): boolean {
    return this.#keys.waiting.size <= fewKeys;
  }

  #inClass(rank: number): JobsInClass<J> {
    const known = this.#classes[rank];
    if (known?.asOf !== this.#moment.number) {
      if (this.#hasFew) this.#looks[rank] = 0;
    } else if (known.keys === null || !this.#isDue(rank)) {
      return known;
    }
    const made = this.#list(rank);
    this.#classes[rank] = made;
    return made;
  }

  #list(rank: number): JobsInClass<J> {
    const { number: asOf, nowMs } = this.#moment;
    const nothing = { asOf, keys: null, settled: null, former: [], above: none };
    const least = this.#leastIn(rank);
    if (least === null) return nothing;
    const basis = { rank, least, usualAnswer: this.#rules.charges.usualAnswer };
    const isDue = this.#isDue(rank);
    if (isDue || this.#settled[rank]?.holds(basis, nowMs) !== true) this.#settled[rank] = null;
    const keys = this.#look(rank, least);
    if (keys === null) return nothing;
    if (isDue) {
      const settled = this.#settle(keys, basis);
      return { asOf, keys: [], settled, former: [], above: settled.above };
    }
    const settled = this.#settled[rank] ?? null;
    const former = settled?.former ?? [];
    const { places, work } = settled?.above ?? none;
    const [now, then] = [sumAbove(keys), sumAbove(former)];
    const above = { places: places + now.places - then.places, work: work + now.work - then.work };
    return { asOf, keys, settled, former, above };
  }

  #settle(keys: readonly KeyInClass<J>[], basis: ClassBasis): SettledClass<J> {
    const settled = new SettledClass(keys, basis);
    this.#settled[basis.rank] = settled;
    this.#looks[basis.rank] = 0;
    // The payments of these keys since this moment began are not included.
    for (const { account } of keys) if (this.#moment.hasKept(account)) this.changed(account);
    return settled;
  }

  /** The keys that are not settled; null if only the order can tell when their turns come. */
  #look(rank: number, least: number): readonly KeyInClass<J>[] | null {
    const all = this.#all();
    const changed = this.#settled[rank]?.changed ?? all.keys();
    const keys: KeyInClass<J>[] = [];
    for (const account of changed) {
      const forecast = all.get(account);
      if (forecast === undefined) continue;
      if (!forecast.update(this.#moment.nowMs)) return null;
      const key = forecast.inClass(rank, least);
      if (key !== null) keys.push(key);
    }
    this.#looked(rank, keys.length);
    return keys;
  }

  #ownOf({ lane: { account } }: Ticket<J>, { keys, settled }: JobsInClass<J>): KeyInClass<J> | null {
    return keys?.find((key) => key.account === account) ?? settled?.keyOf(account) ?? null;
  }

  /** What a key that comes to a class later will have had at least; null if only the order can tell. */
  #leastIn(rank: number): number | null {
    if (rank === 0) return 0;
    const competing = this.#moment.firstServices[rank] ?? null;
    if (competing !== null) return competing;
    const lastServed = this.#moment.lastServed[rank] ?? 0;
    for (let higher = 0; higher < rank; higher += 1) {
      const { keys, settled, former } = this.#inClass(higher);
      if (keys === null) return null;
      const first = firstToLeave([...keys, ...(settled?.keysBut(former) ?? [])], rank);
      if (first !== null) return Math.max(this.#moment.servedIn(first, rank), lastServed);
    }
    return lastServed;
  }

  #all(): Map<KeyAccount<J>, KeyForecast<J>> {
    if (this.#forecasts !== null) return this.#forecasts;
    const all = new Map<KeyAccount<J>, KeyForecast<J>>();
    for (const account of this.#keys.waiting) all.set(account, new KeyForecast(account, this.#rules));
    this.#forecasts = all;
    return all;
  }

  #forecastOf(account: KeyAccount<J>, all: Map<KeyAccount<J>, KeyForecast<J>>): KeyForecast<J> {
    const known = all.get(account);
    if (known !== undefined) return known;
    const forecast = new KeyForecast(account, this.#rules);
    all.set(account, forecast);
    return forecast;
  }
}

/** Of the keys that continue in a lower class, the first to come there. */
function firstToLeave<J>(keys: readonly KeyInClass<J>[], rank: number): KeyAccount<J> | null {
  let first: { readonly account: KeyAccount<J>; readonly turn: Turn } | null = null;
  for (const { account, jobs, running } of keys) {
    const turn = jobs.leavesAt(rank, running);
    if (turn !== null && (first === null || isEarlier(turn, first.turn))) first = { account, turn };
  }
  return first?.account ?? null;
}
