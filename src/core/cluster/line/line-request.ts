import type { Demand } from '../../scheduler/jobs/demand.js';
import { Job } from '../../scheduler/jobs/job.js';
import type { Channel } from '../channel/channel.js';
import type { FromLine, Registration, Turn } from '../messages.js';

/** A front, as the line sees it. */
export class FrontLink {
  readonly requests = new Map<string, LineRequest>();
  readonly #channel: Channel;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** Its process. */
  get peer(): string {
    return this.#channel.remote;
  }

  send(message: FromLine): void {
    this.#channel.send(message);
  }

  close(): void {
    this.#channel.close();
  }
}

/** A request that waits in the line, or has a place. */
export class LineRequest {
  readonly id: string;
  readonly demand: Demand;
  readonly prefixes: readonly string[];
  /** On the clock of this process. */
  arrivedMs: number;
  /** Its turn in the order of the line; null until it is known. */
  turn: Turn | null;
  readonly deadlineMs: number | null;
  /** The node on which it has a place; null while it waits, and while it waits for another place. */
  node: string | null;
  /** Whether it has been started. */
  isStarted: boolean;
  /** See the registration. */
  readonly keepsToTarget: boolean;
  /** Nodes that have lost or refused it. */
  readonly failedAt = new Set<string>();
  /** Its place in the scheduler. */
  job: LineJob;

  constructor(
    readonly front: FrontLink,
    { id, demand, prefixes, waitedMs, deadlineMs, node, isHomeless, keepsToTarget = false, turn }: Registration,
    nowMs: number,
  ) {
    this.id = id;
    this.demand = demand;
    this.prefixes = prefixes;
    this.arrivedMs = nowMs - waitedMs;
    this.deadlineMs = deadlineMs === null ? null : nowMs + deadlineMs;
    this.node = node;
    this.isStarted = node !== null || isHomeless;
    this.keepsToTarget = keepsToTarget;
    this.turn = turn;
    this.job = new LineJob(this);
  }

  /** It was registered before, over another channel, with which messages to the front may have been lost. */
  follow(former: LineRequest): void {
    this.job = former.job;
    this.turn ??= former.turn;
  }
}

/** A request in the form of the scheduler. */
export class LineJob extends Job {
  override readonly deadlineMs: number | null;

  constructor(readonly request: LineRequest) {
    super();
    this.deadlineMs = request.deadlineMs;
  }

  override get demand(): Demand {
    return this.request.demand;
  }
}
