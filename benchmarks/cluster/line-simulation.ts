import { type Executor, freePlaces } from '../../src/core/executor/executor.js';
import { chooseExecutor } from '../../src/core/executor/routing.js';
import type { Demand } from '../../src/core/scheduler/demand.js';
import { Job } from '../../src/core/scheduler/job.js';
import { Scheduler } from '../../src/core/scheduler/scheduler.js';
import { type Random, seededRandom } from '../../test/support/seeded-random.js';
import { VirtualClock } from '../../test/support/virtual-clock.js';

/** Virtual milliseconds between two moments at which generations end. */
const tickMs = 10;
const tokenMs = 20;
const slotsPerNode = 32;
const keys = 10_000;

export type Policy = 'fifo' | 'fair';

export interface Size {
  readonly nodes: number;
  readonly waiting: number;
  readonly policy: Policy;
  /** Whether a node is chosen for every grant, or the line alone is measured. */
  readonly isRouted: boolean;
}

export class Work extends Job {
  node: Node | null = null;

  constructor(
    readonly ownDemand: Demand,
    readonly answer: number,
    /** The conversation that it goes on with; its node may still have it. */
    readonly conversation: number,
  ) {
    super();
  }

  override get demand(): Demand {
    return this.ownDemand;
  }
}

/** A node as the line knows it. */
class Node implements Executor {
  readonly kind = 'mock';
  readonly status = 'ready';
  readonly places = slotsPerNode;
  running = 0;
  readonly #warm = new Set<number>();

  constructor(readonly name: string) {}

  /** As much of the prompt as is known of this conversation: all but the last question, or nothing. */
  sameShare({ conversation }: Work): number {
    return this.#warm.has(conversation) ? 0.9 : 0;
  }

  begin(work: Work): void {
    this.running += 1;
    this.#warm.delete(work.conversation);
    this.#warm.add(work.conversation);
    for (const oldest of this.#warm) {
      if (this.#warm.size <= 2 * slotsPerNode) break;
      this.#warm.delete(oldest);
    }
  }
}

/** The processor's time that an operation took: the machine may be busy with something else. */
export class Stopwatch {
  operations = 0;
  totalMs = 0;
  longestMs = 0;

  time(operations: number, run: () => void): void {
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    const ms = (user + system) / 1000;
    this.operations += operations;
    this.totalMs += ms;
    this.longestMs = Math.max(this.longestMs, ms);
  }

  get microsEach(): number {
    return (this.totalMs * 1000) / this.operations;
  }

  get perSecond(): number {
    return (this.operations / this.totalMs) * 1000;
  }
}

/**
 * The line of one model in virtual time: the scheduler of the program, with all slots of all nodes occupied, and always as
 * many requests waiting. Nothing else of a cluster is here: no messages, no engines.
 */
export class LineSimulation {
  readonly clock = new VirtualClock();
  readonly scheduler: Scheduler<Work>;
  readonly waiting: Work[] = [];
  readonly #size: Size;
  readonly #random: Random = seededRandom(1);
  readonly #nodes: readonly Node[];
  readonly #endings = new Map<number, Work[]>();

  constructor(size: Size) {
    this.#size = size;
    this.#nodes = Array.from({ length: size.nodes }, (_, index) => new Node(`node-${index}`));
    const maxConcurrency = size.nodes * slotsPerNode;
    const fair = { policy: size.policy, classPatienceMs: 60_000, terms: new Map() };
    const limits = { maxConcurrency, maxQueue: 2 * size.waiting, queueTimeoutMs: 3_600_000 };
    this.scheduler = new Scheduler({ ...limits, ...(size.policy === 'fair' && { fair }) }, this.clock);
    this.scheduler.events((event) => {
      if (event.type === 'started') this.#start(event.job);
    });
  }

  /** Admits until as many wait as should. @returns how many came */
  fill(): number {
    const before = this.waiting.length;
    while (this.scheduler.waiting < this.#size.waiting) {
      const work = this.#draw();
      this.scheduler.admit(work);
      if (work.status === 'waiting') this.waiting.push(work);
    }
    return this.waiting.length - before;
  }

  /** Lets some virtual time go by. @returns the generations that end now */
  ending(): readonly Work[] {
    this.clock.advance(tickMs);
    const now = this.#tick();
    const ending = this.#endings.get(now) ?? [];
    this.#endings.delete(now);
    return ending;
  }

  /** A generation ends, and the next begins. */
  end(work: Work): void {
    if (work.node !== null) work.node.running -= 1;
    this.scheduler.release(work);
  }

  countOutput(work: Work): void {
    for (let token = 0; token < work.answer; token += 1) this.scheduler.countOutput(work);
  }

  /** Somebody who waits, anywhere in the line. */
  anybody(): Work {
    for (;;) {
      const work = this.waiting[Math.floor(this.#random() * this.waiting.length)];
      if (work?.status === 'waiting') return work;
    }
  }

  #start(work: Work): void {
    if (this.#size.isRouted) {
      work.node = chooseExecutor(this.#nodes, new Set(), (node) => node.sameShare(work));
      if (work.node === null || freePlaces(work.node) < 1) throw new Error('There is no place for what was granted.');
      work.node.begin(work);
    }
    const ends = this.#tick() + Math.ceil(((work.answer + work.demand.promptTokens / 50) * tokenMs) / tickMs);
    const others = this.#endings.get(ends);
    if (others === undefined) this.#endings.set(ends, [work]);
    else others.push(work);
  }

  #tick(): number {
    return Math.round(this.clock.now() / tickMs);
  }

  #draw(): Work {
    const key = Math.floor(this.#random() * keys);
    const promptTokens = 20 + Math.floor(this.#random() * 600);
    // Lengths of answers are roughly exponential, 150 tokens on average.
    const answer = Math.min(1024, 1 + Math.floor(-150 * Math.log(1 - this.#random())));
    const demand: Demand = { key: `key-${key}`, trafficClass: 'standard', promptTokens, maxTokens: 1024 };
    return new Work(demand, answer, key);
  }
}
