import { Peer } from '../../src/core/cluster/channel/peer.js';
import { buckets, encodeEntry, keys } from '../../src/core/cluster/entries.js';
import { FrontLink, type LineJob, LineRequest } from '../../src/core/cluster/line/line-request.js';
import { NodePlaces } from '../../src/core/cluster/line/node-places.js';
import { Members } from '../../src/core/cluster/members.js';
import { nodeEntry, type Registration } from '../../src/core/cluster/messages.js';
import { Scheduler } from '../../src/core/scheduler/scheduler.js';
import { MemoryNetwork } from '../../test/support/memory-bus.js';
import { type Random, seededRandom } from '../../test/support/seeded-random.js';
import { VirtualClock } from '../../test/support/virtual-clock.js';

/** Virtual milliseconds between two moments at which generations end. */
const tickMs = 10;
const tokenMs = 20;
const slotsPerNode = 32;
const model = 'model';
/** They have a key each. */
const people = 10_000;
const conversations = 100_000;

export type Policy = 'fifo' | 'fair';

export interface Size {
  readonly nodes: number;
  readonly waiting: number;
  readonly policy: Policy;
  /** Whether a node is chosen for every grant, or the line alone is measured. */
  readonly isRouted: boolean;
}

/**
 * The line of one model in virtual time: the scheduler and the places of nodes as the program has them, with all slots occupied,
 * and always as many requests waiting. There are no messages and no engines; what an answer takes is drawn.
 */
export class LineSimulation {
  readonly scheduler: Scheduler<LineJob>;
  readonly waiting: LineJob[] = [];
  readonly #size: Size;
  readonly #clock: VirtualClock;
  readonly #random: Random;
  readonly #places: NodePlaces;
  readonly #front: FrontLink;
  readonly #endings = new Map<number, LineJob[]>();
  #requests = 0;

  private constructor(size: Size, clock: VirtualClock, random: Random, places: NodePlaces, front: FrontLink) {
    this.#size = size;
    this.#clock = clock;
    this.#random = random;
    this.#places = places;
    this.#front = front;
    const fair = { policy: size.policy, classPatienceMs: 60_000, terms: new Map() };
    const limits = { maxConcurrency: size.nodes * slotsPerNode, maxQueue: 2 * size.waiting, queueTimeoutMs: 3_600_000 };
    this.scheduler = new Scheduler({ ...limits, ...(size.policy === 'fair' && { fair }) }, clock);
    this.scheduler.events((event) => {
      if (event.type === 'started') this.#start(event.job);
    });
  }

  static async begin(size: Size): Promise<LineSimulation> {
    const [clock, random] = [new VirtualClock(), seededRandom(1)];
    const bus = new MemoryNetwork(clock, random).connect();
    const bucket = await bus.bucket(buckets.lines.name, buckets.lines);
    const members = new Members(bucket, keys.nodes, nodeEntry, clock);
    for (let node = 0; node < size.nodes; node += 1) {
      // Each node remembers the last conversations, of which each has the fingerprints of eight beginnings.
      const warm = Array.from({ length: 400 }, (_, index) => prefix(Math.floor(random() * conversations), index % 8));
      const entry = {
        id: `${node}`,
        name: `node-${node}`,
        model,
        engine: 'mock',
        slots: slotsPerNode,
        running: 0,
        warm,
      };
      void bucket.put(keys.node(entry.id), encodeEntry({ ...entry, status: 'ready' }));
    }
    await clock.advanceAsync(1000);
    const front = new FrontLink(new Peer({ bus, id: 'holder', clock }).open('front', 'line'));
    const places = new NodePlaces(model, members, () => undefined);
    return new LineSimulation(size, clock, random, places, front);
  }

  /** Admits until as many wait as should. */
  fill(): void {
    while (this.scheduler.waiting < this.#size.waiting) {
      const { job } = new LineRequest(this.#front, this.#draw(), this.#clock.now());
      this.scheduler.admit(job);
      if (job.status === 'waiting') this.waiting.push(job);
    }
  }

  /** Lets some virtual time go by. @returns the generations that end now */
  ending(): readonly LineJob[] {
    this.#clock.advance(tickMs);
    const now = this.#tick();
    const ending = this.#endings.get(now) ?? [];
    this.#endings.delete(now);
    return ending;
  }

  /** A generation ends, and the next begins. */
  end(job: LineJob): void {
    this.#places.leave(job.request);
    this.scheduler.withdraw(job);
    if (this.#size.isRouted) this.scheduler.confine(this.#places.inOrder);
  }

  /** All tokens of an answer. */
  countOutput(job: LineJob): void {
    for (let token = answerOf(job); token > 0; token -= 1) this.scheduler.countOutput(job);
  }

  /** Somebody who waits, anywhere in the line. */
  anybody(): LineJob {
    for (;;) {
      const job = this.waiting[Math.floor(this.#random() * this.waiting.length)];
      if (job?.status === 'waiting') return job;
    }
  }

  #start(job: LineJob): void {
    if (this.#size.isRouted && this.#places.choose(job.request) === null) throw new Error('There is no free place.');
    const takesMs = (answerOf(job) + job.demand.promptTokens / 50) * tokenMs;
    const ends = this.#tick() + Math.ceil(takesMs / tickMs);
    const others = this.#endings.get(ends);
    if (others === undefined) this.#endings.set(ends, [job]);
    else others.push(job);
  }

  #tick(): number {
    return Math.round(this.#clock.now() / tickMs);
  }

  #draw(): Registration {
    this.#requests += 1;
    const conversation = Math.floor(this.#random() * conversations);
    const promptTokens = 20 + Math.floor(this.#random() * 600);
    // Lengths of answers are exponential, 150 tokens on average.
    const maxTokens = Math.min(1024, 1 + Math.floor(-150 * Math.log(1 - this.#random())));
    return {
      ...{ id: `request-${this.#requests}`, waitedMs: 0, deadlineMs: null, node: null, isHomeless: false },
      turn: null,
      demand: { key: `key-${conversation % people}`, trafficClass: 'standard', promptTokens, maxTokens },
      prefixes: Array.from({ length: Math.floor(promptTokens / 64) }, (_, index) => prefix(conversation, index)),
    };
  }
}

/** Answers are as long as they may be. */
export function answerOf({ demand }: LineJob): number {
  return demand.maxTokens;
}

function prefix(conversation: number, block: number): string {
  return `${conversation}/${block}`;
}
