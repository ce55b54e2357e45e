import type { Clock } from '../../base/clock.js';
import { Drain } from '../../base/drain.js';
import { Emitter, type Subscribable } from '../../base/emitter.js';
import type { ChatstreamError } from '../../base/errors.js';
import { clusterAwayError } from '../../base/refusals/cluster-refusals.js';
import { notStartedError } from '../../base/refusals/queue-refusals.js';
import type { InferenceJob } from '../../inference/queue/inference-job.js';
import type { JobScheduler } from '../../scheduler/job-scheduler.js';
import type { QueueEntry, SchedulerEvent, WaitingView, WaitReason } from '../../scheduler/jobs/job.js';
import type { QueueRoom } from '../../scheduler/queue-room.js';
import type { SchedulerLimits } from '../../scheduler/scheduler.js';
import { type FromLine, fromWireError, type LineState } from '../messages.js';
import { type Grant, type Held, registrationOf } from './held-request.js';
import { HeldRequests } from './held-requests.js';
import type { LineConnection } from './line-connection.js';
import { openRoom } from './open-room.js';
import { watchOutages } from './outage.js';
import { Progress } from './progress.js';
import { SharedLimits, type SharedLimitsOptions } from './shared-limits.js';

export interface RemoteLineOptions extends SharedLimitsOptions {
  readonly connection: LineConnection;
  readonly clock: Clock;
}

/** How long a new request waits for the line, for example while another holder is elected, in milliseconds. */
const decisionMs = 10_000;

/**
 * The line of a model as a front has it: a scheduler whose decisions another process makes. It only has the requests of
 * this front, and registers them again with every new holder.
 *
 *     Inference ── admit, accepted, withdraw ──► RemoteLine ── register, over, lost ──► LineConnection ──► holder of the line
 *               ◄── started, turned_away ───────            ◄── granted, turned_away, standing ──
 *                                                   │
 *                         HeldRequests ◄────────────┼────────► SharedLimits ──► bucket: limits and keys of the cluster
 *                         what waits and runs       └────────► Progress ──► LineConnection: tokens, four times a second
 */
export class RemoteLine implements JobScheduler<InferenceJob> {
  readonly room: QueueRoom;
  readonly #connection: LineConnection;
  readonly #limits: SharedLimits;
  readonly #clock: Clock;
  readonly #held = new HeldRequests();
  readonly #events = new Emitter<SchedulerEvent<InferenceJob>>();
  readonly #regrants = new Emitter<string>();
  readonly #drain = new Drain(() => this.#held.size === 0);
  readonly #progress: Progress;
  #line: LineState | null = null;

  constructor(options: RemoteLineOptions) {
    const { connection, clock } = options;
    this.#connection = connection;
    this.#clock = clock;
    this.#limits = new SharedLimits(options);
    this.#progress = new Progress(connection, clock);
    this.room = openRoom(
      () => this.draining,
      () => this.retryAfterSeconds(),
    );
    connection.messages((message) => {
      this.#hear(message);
    });
    watchOutages(connection, clock, {
      onOpen: () => {
        connection.send({ type: 'all', requests: this.#held.all.map((held) => registrationOf(held, clock.now())) });
      },
      onLasting: () => {
        this.turnAwayWaiting(clusterAwayError);
      },
    });
  }

  get events(): Subscribable<SchedulerEvent<InferenceJob>> {
    return this.#events.subscribe;
  }

  /** Requests that have received another place after they had lost theirs. */
  get regrants(): Subscribable<string> {
    return this.#regrants.subscribe;
  }

  /** Where a running request may run; null while it has no place. */
  grantOf(id: string): Grant | null {
    return this.#held.get(id)?.grant ?? null;
  }

  prefixesOf(id: string): readonly string[] {
    return this.#held.get(id)?.prefixes ?? [];
  }

  get limits(): SchedulerLimits {
    return this.#limits.current;
  }

  get draining(): boolean {
    return this.#drain.hasBegun;
  }

  get running(): number {
    return this.#held.count('running');
  }

  /** A generation on a node cannot be paused. */
  get paused(): readonly InferenceJob[] {
    return [];
  }

  get waiting(): number {
    return this.#held.count('waiting');
  }

  get queuedTokens(): number {
    return this.#held.queuedTokens;
  }

  get oldestAdmittedMs(): number | null {
    return this.#held.waiting[0]?.job.admittedMs ?? null;
  }

  hasReserved(): boolean {
    return false;
  }

  admit(job: InferenceJob): void {
    this.room.assertVacancy();
    job.status = 'waiting';
    job.admittedMs = this.#clock.now();
    this.#held.add(job);
  }

  /** Registers all of them at once, and waits for the line's answer. */
  async accepted(jobs: readonly InferenceJob[]): Promise<void> {
    const held = jobs.flatMap(({ id }) => this.#held.get(id) ?? []);
    this.#connection.send({
      type: 'register',
      requests: held.map((each) => registrationOf(each, this.#clock.now())),
    });
    const cancelTimer = this.#clock.schedule(decisionMs, () => {
      for (const each of held) if (!each.isDecided) this.#giveUp(each, 'arrival', clusterAwayError());
    });
    await Promise.all(held.map(({ decided }) => decided));
    cancelTimer();
  }

  release(job: InferenceJob): void {
    if (job.status === 'running') this.#end(job);
  }

  withdraw(job: InferenceJob): 'waiting' | 'running' | 'neither' {
    const { status } = job;
    if (status !== 'waiting' && status !== 'running') return 'neither';
    this.#end(job);
    if (status === 'waiting') this.#events.emit({ type: 'moved' });
    return status;
  }

  /** A running request has lost its place, because its node has failed or refused it. */
  lost(id: string, node: string): void {
    const held = this.#held.get(id);
    if (held?.grant?.node !== node) return;
    held.grant = null;
    this.#connection.send({ type: 'lost', id, node });
  }

  /** The line does that, and so does each holder that follows it. */
  keepToTarget(job: InferenceJob): void {
    const held = this.#held.get(job.id);
    if (held !== undefined) held.keepsToTarget = true;
  }

  /** The places are those of the nodes, which the line knows. */
  confine(): void {
    return;
  }

  /** There are no models on demand in a cluster. */
  hold(): void {
    return;
  }

  /** Changes the line of the whole cluster. If NATS is unreachable, nothing is changed. */
  resize(limits: Partial<SchedulerLimits>): void {
    this.#limits.resize(limits, this.#connection.isOpen);
  }

  configureKeys(...changes: Parameters<JobScheduler<InferenceJob>['configureKeys']>): void {
    this.#limits.configureKeys(...changes);
  }

  waitsFor(job: InferenceJob): WaitReason {
    return this.#held.get(job.id)?.standing?.waitsFor ?? 'slot';
  }

  countCached(job: InferenceJob, tokens: number): void {
    const held = this.#held.get(job.id);
    if (held === undefined) return;
    this.#progress.cached(held, tokens);
  }

  countOutput(job: InferenceJob): void {
    const held = this.#held.get(job.id);
    if (held === undefined) return;
    this.#progress.produced(held);
  }

  drain(): Promise<void> {
    const ended = this.#drain.begin();
    this.turnAwayWaiting(() => notStartedError(this.retryAfterSeconds()));
    return ended;
  }

  turnAwayWaiting(error: () => ChatstreamError): void {
    for (const held of this.#held.waiting) this.#giveUp(held, 'waiting', error());
  }

  view(job: InferenceJob): WaitingView | undefined {
    return job.status === 'waiting' ? this.#held.get(job.id)?.standing?.view : undefined;
  }

  /** Requests of this front, in the order of the line. */
  entries(): Generator<QueueEntry<InferenceJob>> {
    return this.#held.entries(this.#clock.now());
  }

  retryAfterSeconds(): number {
    return this.#line?.retryAfterSeconds ?? 1;
  }

  #hear(message: FromLine): void {
    switch (message.type) {
      case 'accepted':
        this.#held.stand(message.places);
        for (const [id, turn] of message.turns) this.#decide(this.#held.take(id, turn));
        return;
      case 'standing':
        this.#line = message.line;
        this.#held.stand(message.places);
        this.#events.emit({ type: 'moved' });
        return;
      case 'turned_away': {
        const held = this.#held.get(message.id);
        if (held !== undefined) this.#turnAway(held, message.stage, fromWireError(message.error));
        return;
      }
      case 'granted':
        this.#grant(this.#held.get(message.id), { node: message.node, lease: message.lease });
    }
  }

  #grant(held: Held | undefined, grant: Grant): void {
    if (held === undefined) return;
    held.grant = grant;
    const { job } = held;
    if (job.status === 'running') {
      this.#regrants.emit(job.id);
      return;
    }
    job.status = 'running';
    this.#decide(held);
    this.#events.emit({ type: 'started', job, waitedMs: this.#clock.now() - job.admittedMs });
  }

  #decide(held: Held | undefined): void {
    if (held === undefined) return;
    held.isDecided = true;
    held.decide();
  }

  /** Turns it away before the line does, because the line must not keep a place for it. */
  #giveUp(held: Held, stage: 'arrival' | 'waiting', error: ChatstreamError): void {
    this.#connection.send({ type: 'over', id: held.job.id });
    this.#turnAway(held, stage, error);
  }

  #turnAway(held: Held, stage: 'arrival' | 'waiting', error: ChatstreamError): void {
    const { job } = held;
    job.status = 'gone';
    this.#held.remove(job.id);
    this.#events.emit({ type: 'turned_away', job, stage, waitedMs: this.#clock.now() - job.admittedMs, error });
    this.#decide(held);
    this.#drain.settle();
  }

  #end(job: InferenceJob): void {
    const held = this.#held.get(job.id);
    this.#progress.report();
    this.#held.remove(job.id);
    job.status = 'gone';
    this.#connection.send({ type: 'over', id: job.id });
    this.#decide(held);
    this.#drain.settle();
  }
}
