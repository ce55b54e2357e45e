import { type Capacity, freePlaces, hasPlacesFor } from '../../executor/executor.js';
import { canGoOn, type RelayExecutor } from '../jobs/relay-executor.js';
import type { ModelLine, RelayJob } from '../jobs/relay-job.js';

/** How many places there are for all lines together, and how many of them are free. */
export interface Room {
  readonly all: number;
  readonly free: number;
}

/**
 * Lets waiting requests start while there are places. Lines that share an upstream take turns: of those that are next in
 * their lines, a request of a higher class starts first, and of one class the one that has waited longest. A line whose
 * first requests wait for their own key to end something passes.
 *
 * A request that needs several places at one upstream waits until there are so many. The upstream that lacks the fewest gets
 * nothing else meanwhile, so that smaller requests of other lines cannot take its places again and again, but for places that
 * it never has for this one's model.
 */
export class PlaceSharing {
  readonly #executors: readonly RelayExecutor[];
  readonly #room: () => Room;
  /** Upstreams whose places are reserved for a request, and its model. */
  readonly #kept = new Map<RelayExecutor, string>();
  /** Free room that those requests will need. */
  #keptRoom = 0;

  /** @param room called again after every start */
  constructor(executors: readonly RelayExecutor[], room: () => Room) {
    this.#executors = executors;
    this.#room = room;
  }

  /** What an upstream can do for a model, without what is reserved for another request. */
  capacityOf(executor: RelayExecutor, model: string): Capacity {
    const there = executor.forModel(model);
    const keeper = this.#kept.get(executor);
    if (keeper === undefined) return there;
    const spare = keeper === model ? 0 : spareOf(executor, executor.forModel(keeper));
    return { ...there, running: Math.max(there.running, there.places - spare) };
  }

  /** Reserves no places for anyone, until they are shared out again. */
  clear(): void {
    this.#kept.clear();
    this.#keptRoom = 0;
  }

  /** Whether a request that needs this many places in this line would start at once if no other waited there. */
  isFree({ model }: ModelLine, places: number): boolean {
    if (!this.hasRoomFor(places)) return false;
    return this.#openFor(model).some((there) => hasPlacesFor(there, places));
  }

  /** Whether this many more places may be taken, wherever they are. */
  hasRoomFor(places: number): boolean {
    const { all, free } = this.#room();
    return Math.min(places, all) <= free - this.#keptRoom;
  }

  /** Keeps an upstream for a request that needs several places, if any can be of use to it. */
  keepFor(job: RelayJob): void {
    if (job.places === 1) return;
    const able = this.#executors
      .filter((executor) => canGoOn(executor, job) && !this.#kept.has(executor))
      .map((executor) => ({ executor, there: executor.forModel(job.model) }))
      .filter(({ there }) => there.status === 'ready');
    const untried = able.filter(({ executor }) => !job.failedAt.has(executor.name));
    const [first, ...others] = untried.length > 0 ? untried : able;
    if (first === undefined) return;
    const needed = ({ places }: Capacity): number => Math.min(job.places, places);
    const lacking = ({ there }: typeof first): number => needed(there) - freePlaces(there);
    const { executor, there } = others.reduce((best, other) => (lacking(other) < lacking(best) ? other : best), first);
    this.#kept.set(executor, job.model);
    // A job that has to end there before it starts makes room for it as well.
    const ending = Math.max(0, there.running - (there.places - needed(there)));
    this.#keptRoom += job.places - ending;
  }

  /** @param lines their schedulers are held, and start requests only while this runs, each of which takes its places at once */
  share(lines: readonly ModelLine[]): void {
    const passed = new Set<ModelLine>();
    for (;;) {
      const heads = lines.flatMap((line) => (passed.has(line) ? [] : headsOf(line)));
      const [first, ...others] = heads;
      if (first === undefined) break;
      const { line, job } = others.reduce((best, head) => (goesBefore(head, best) ? head : best), first);
      if (this.isFree(line, job.places)) {
        start(line, job.places);
        if (line.scheduler.first === job) passed.add(line);
      } else {
        passed.add(line);
        this.keepFor(job);
      }
    }
    for (const line of lines) {
      const { scheduler } = line;
      // The next request may start at once if nothing goes before it.
      const free = scheduler.first === undefined ? this.#freeFor(line) : 0;
      scheduler.resize({ maxConcurrency: scheduler.running + free });
    }
  }

  #openFor(model: string): readonly Capacity[] {
    return this.#executors
      .filter((executor) => executor.serves(model))
      .map((executor) => this.capacityOf(executor, model));
  }

  #freeFor({ model }: ModelLine): number {
    const there = this.#openFor(model).reduce((sum, each) => sum + freePlaces(each), 0);
    return Math.max(0, Math.min(this.#room().free - this.#keptRoom, there));
  }
}

/** Places that other models may take while all places of a model are reserved for it. */
function spareOf(all: Capacity, ofModel: Capacity): number {
  return all.places - ofModel.places - (all.running - ofModel.running);
}

/** Lets the first of a line start. */
function start({ scheduler }: ModelLine, places: number): void {
  scheduler.resize({ maxConcurrency: scheduler.running + places });
  scheduler.hold(false);
  scheduler.hold(true);
}

interface Head {
  readonly line: ModelLine;
  readonly job: RelayJob;
  /** See `Scheduler.rankOf`. */
  readonly rank: number;
}

/** The request that starts next, if any may. */
function headsOf(line: ModelLine): readonly Head[] {
  const { first: job } = line.scheduler;
  return job === undefined ? [] : [{ line, job, rank: line.scheduler.rankOf(job) }];
}

function goesBefore(one: Head, other: Head): boolean {
  return one.rank === other.rank ? one.job.admittedMs < other.job.admittedMs : one.rank < other.rank;
}
