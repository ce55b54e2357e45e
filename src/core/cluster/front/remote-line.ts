import type { CancelTimer, Clock } from '../../base/clock.js';
import { clusterAwayError } from '../../base/cluster-refusals.js';
import { Emitter, type Subscribable } from '../../base/emitter.js';
import type { ChatstreamError } from '../../base/errors.js';
import { drainingError } from '../../base/queue-refusals.js';
import type { InferenceJob } from '../../inference/inference-job.js';
import type { QueueEntry, SchedulerEvent, WaitingView, WaitReason } from '../../scheduler/job.js';
import type { JobScheduler } from '../../scheduler/job-scheduler.js';
import { QueueRoom } from '../../scheduler/queue-room.js';
import type { SchedulerLimits } from '../../scheduler/scheduler.js';
import type { LineSettings } from '../line-settings.js';
import { type FromLine, fromWireError, type LineState, type Standing } from '../messages.js';
import { type FrontSettings, withKeys, withLimits } from './front-settings.js';
import { type Grant, type Held, newHeld, registrationOf } from './held-request.js';
import type { LineConnection } from './line-connection.js';
import { Progress } from './progress.js';

export interface RemoteLineOptions {
  readonly connection: LineConnection;
  readonly settings: LineSettings;
  /** As this front was started with them. */
  readonly own: FrontSettings;
  /** Places of all nodes that have the model. */
  readonly slots: () => number;
  readonly clock: Clock;
}

/** How long a new request waits for the line, while another holder is elected for example, in milliseconds. */
const decisionMs = 10_000;
/** Without a line for so long, in milliseconds, those that wait are turned away. */
const outageMs = 15_000;

/**
 * The line of a model as a front has it: a scheduler whose decisions another process makes. It has the requests of this front
 * only, and registers them again with every new holder.
 */
export class RemoteLine implements JobScheduler<InferenceJob> {
  readonly room: QueueRoom;
  readonly #options: RemoteLineOptions;
  readonly #clock: Clock;
  readonly #held = new Map<string, Held>();
  readonly #events = new Emitter<SchedulerEvent<InferenceJob>>();
  readonly #regrants = new Emitter<string>();
  readonly #drained: (() => void)[] = [];
  readonly #progress: Progress;
  #line: LineState | null = null;
  #limits: Partial<SchedulerLimits> = {};
  #isDraining = false;
  #cancelOutage: CancelTimer | null = null;

  constructor(options: RemoteLineOptions) {
    this.#options = options;
    this.#clock = options.clock;
    const { connection, settings, own } = options;
    this.#progress = new Progress(connection, options.clock);
    // The line itself says what there is room for; only a drain is this front's own affair.
    const open = { maxConcurrency: Infinity, maxQueue: Infinity };
    const isDraining = (): boolean => this.#isDraining;
    const state = {
      ...{
        limits: open,
        maxQueuedTokens: null,
        places: Infinity,
        running: 0,
        waiting: 0,
        queuedTokens: 0,
        heldPlaces: 0,
      },
      get draining() {
        return isDraining();
      },
    };
    this.room = new QueueRoom(
      state,
      () => null,
      () => this.retryAfterSeconds(),
    );
    connection.messages((message) => {
      this.#hear(message);
    });
    connection.changes((isOpen) => {
      this.#changeConnection(isOpen);
    });
    this.#changeConnection(connection.isOpen);
    settings.changes(({ maxConcurrency, maxQueue }) => {
      this.#limits = { maxQueue, ...(maxConcurrency !== null && { maxConcurrency }) };
    });
    // Without NATS at the start, the next front that starts or is changed sets them.
    settings.change((current) => own.under(current)).catch(() => undefined);
  }

  get events(): Subscribable<SchedulerEvent<InferenceJob>> {
    return this.#events.subscribe;
  }

  /** Requests that have got another place after they had lost theirs. */
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

  /** What the settings say, and at most what the nodes have places for. */
  get limits(): SchedulerLimits {
    const { own, slots } = this.#options;
    const { maxConcurrency = own.maxConcurrency ?? Infinity, maxQueue = own.maxQueue } = this.#limits;
    return { maxConcurrency: Math.max(1, Math.min(maxConcurrency, slots())), maxQueue };
  }

  get draining(): boolean {
    return this.#isDraining;
  }

  get running(): number {
    return this.#count('running');
  }

  /** What a node generates cannot be paused. */
  get paused(): readonly InferenceJob[] {
    return [];
  }

  get waiting(): number {
    return this.#count('waiting');
  }

  get queuedTokens(): number {
    return this.#waitingJobs.reduce((sum, { job }) => sum + job.promptTokens, 0);
  }

  get oldestAdmittedMs(): number | null {
    return this.#waitingJobs[0]?.job.admittedMs ?? null;
  }

  hasReserved(): boolean {
    return false;
  }

  admit(job: InferenceJob): void {
    this.room.assertVacancy();
    job.status = 'waiting';
    job.admittedMs = this.#clock.now();
    this.#held.set(job.id, newHeld(job));
  }

  /** Registers them all at once, and waits for what the line says. */
  async accepted(jobs: readonly InferenceJob[]): Promise<void> {
    const held = jobs.flatMap(({ id }) => this.#held.get(id) ?? []);
    this.#options.connection.send({
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

  /** A running request has lost its place: its node has failed, or has refused it. */
  lost(id: string, node: string): void {
    const held = this.#held.get(id);
    if (held?.grant?.node !== node) return;
    held.grant = null;
    this.#options.connection.send({ type: 'lost', id, node });
  }

  /** The line does that. */
  keepToTarget(): void {
    return;
  }

  /** Places are those of the nodes, which the line knows. */
  confine(): void {
    return;
  }

  /** There are no models on demand in a cluster. */
  hold(): void {
    return;
  }

  /** Changes the line of the whole cluster. If NATS is away, nothing is changed. */
  resize(limits: Partial<SchedulerLimits>): void {
    if (Object.keys(limits).length === 0) return;
    const { connection, settings, own } = this.#options;
    if (!connection.isOpen) throw clusterAwayError();
    this.#limits = { ...this.#limits, ...limits };
    void settings.change((current) => withLimits(own.under(current), limits)).catch(() => undefined);
  }

  configureKeys(...changes: Parameters<JobScheduler<InferenceJob>['configureKeys']>): void {
    const { settings, own } = this.#options;
    void settings.change((current) => withKeys(own.under(current), ...changes)).catch(() => undefined);
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
    this.#isDraining = true;
    this.turnAwayWaiting(() => drainingError(this.retryAfterSeconds()));
    return new Promise((resolve) => {
      this.#drained.push(resolve);
      this.#settleDrain();
    });
  }

  turnAwayWaiting(error: () => ChatstreamError): void {
    for (const held of this.#waitingJobs) this.#giveUp(held, 'waiting', error());
  }

  view(job: InferenceJob): WaitingView | undefined {
    return job.status === 'waiting' ? this.#held.get(job.id)?.standing?.view : undefined;
  }

  /** Of this front, in the order of the line. */
  *entries(): Generator<QueueEntry<InferenceJob>> {
    const nowMs = this.#clock.now();
    const entries = this.#waitingJobs.flatMap(({ job, standing }) =>
      standing === null ? [] : [{ job, ...standing.view }],
    );
    for (const entry of entries.toSorted((one, other) => one.position - other.position)) {
      yield { ...entry, waitedMs: nowMs - entry.job.admittedMs };
    }
  }

  retryAfterSeconds(): number {
    return this.#line?.retryAfterSeconds ?? 1;
  }

  get #waitingJobs(): readonly Held[] {
    return [...this.#held.values()].filter(({ job }) => job.status === 'waiting');
  }

  #count(status: InferenceJob['status']): number {
    let count = 0;
    for (const { job } of this.#held.values()) if (job.status === status) count += 1;
    return count;
  }

  #changeConnection(isOpen: boolean): void {
    this.#cancelOutage?.();
    this.#cancelOutage = null;
    if (isOpen) {
      const requests = Array.from(this.#held.values(), (held) => registrationOf(held, this.#clock.now()));
      this.#options.connection.send({ type: 'all', requests });
      return;
    }
    this.#cancelOutage = this.#clock.schedule(outageMs, () => {
      for (const held of this.#waitingJobs) this.#turnAway(held, 'waiting', clusterAwayError());
    });
  }

  #hear(message: FromLine): void {
    switch (message.type) {
      case 'accepted':
        this.#stand(message.places);
        for (const id of message.ids) this.#decide(this.#held.get(id));
        return;
      case 'standing':
        this.#line = message.line;
        this.#stand(message.places);
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

  #stand(places: readonly Standing[]): void {
    for (const [id, position, etaMs, waitsFor] of places) {
      const held = this.#held.get(id);
      if (held !== undefined) held.standing = { view: { position, etaMs }, waitsFor };
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

  /** Turns it away before the line does, which must not keep a place for it. */
  #giveUp(held: Held, stage: 'arrival' | 'waiting', error: ChatstreamError): void {
    this.#options.connection.send({ type: 'over', id: held.job.id });
    this.#turnAway(held, stage, error);
  }

  #turnAway(held: Held, stage: 'arrival' | 'waiting', error: ChatstreamError): void {
    const { job } = held;
    job.status = 'gone';
    this.#held.delete(job.id);
    this.#events.emit({ type: 'turned_away', job, stage, waitedMs: this.#clock.now() - job.admittedMs, error });
    this.#decide(held);
    this.#settleDrain();
  }

  #end(job: InferenceJob): void {
    const held = this.#held.get(job.id);
    this.#progress.report();
    this.#held.delete(job.id);
    job.status = 'gone';
    this.#options.connection.send({ type: 'over', id: job.id });
    this.#decide(held);
    this.#settleDrain();
  }

  #settleDrain(): void {
    if (!this.#isDraining || this.#held.size > 0) return;
    for (const resolve of this.#drained.splice(0)) resolve();
  }
}
