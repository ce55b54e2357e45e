import type { Clock } from '../base/clock.js';
import { Emitter, type Subscribable } from '../base/emitter.js';
import { asChatstreamError, ChatstreamError } from '../base/errors.js';
import { cutOffError, queueTimeoutError } from '../base/refusals/queue-refusals.js';
import { clientLeftError } from '../base/refusals/refusals.js';
import { upstreamFailedError } from '../base/refusals/upstream-refusals.js';
import { isUsable } from '../executor/executor.js';
import type { QueueSnapshot } from '../inference/queue/queue-snapshot.js';
import type { RequestLine, SharingLine } from '../inference/queue/request-line.js';
import type { AdmittedRequest, InferenceEvent } from '../inference/request.js';
import { RequestEvents } from '../inference/request-events.js';
import { spendTokens } from '../inference/spending.js';
import { refuseReserves } from '../scheduler/fairness/reserves.js';
import { type KeyTerms, noKey } from '../scheduler/jobs/demand.js';
import type { SchedulerEvent } from '../scheduler/jobs/job.js';
import type { TrafficClass } from '../scheduler/jobs/traffic-class.js';
import type { SchedulerLimits } from '../scheduler/scheduler.js';
import { assertRoom } from './assert-room.js';
import { Attempts, canGoOn, type RelayExecutor } from './attempts.js';
import { HomelessJobs } from './homeless-jobs.js';
import { areDrained, refusalWithoutUpstream } from './no-upstream.js';
import { assertPlaces, modelFor, modelsOf } from './offered-models.js';
import { Outages } from './outages.js';
import { PlaceSharing } from './place-sharing.js';
import { placesAsked } from './places-asked.js';
import { type ModelLine, RelayJob } from './relay-job.js';
import { RelayLines } from './relay-lines.js';
import type { RelayOptions } from './relay-options.js';
import type { RelayListener, RelayRequest } from './relay-request.js';
import { relaySnapshot } from './relay-snapshot.js';

/**
 * Lets requests wait for places at upstream servers, each in the line of its model, and passes their answers on. Does for
 * them what `Inference` does for the engine.
 */
export class Relay implements RequestLine {
  readonly executors: readonly RelayExecutor[];
  /** Always none: bodies are passed on as they came. */
  readonly preparing = 0;
  readonly slotsAt = 'upstreams';
  readonly #options: RelayOptions;
  readonly #clock: Clock;
  readonly #events: RequestEvents;
  readonly #attempts: Attempts;
  readonly #sharing: PlaceSharing;
  readonly #moves = new Emitter<undefined>();
  readonly #lines: RelayLines;
  readonly #homeless: HomelessJobs;
  readonly #outages: Outages;
  #maxConcurrency: number | null;
  #isSharing = false;
  #mustShareAgain = false;

  constructor(executors: readonly RelayExecutor[], options: RelayOptions, clock: Clock) {
    this.executors = executors;
    this.#options = options;
    this.#clock = clock;
    this.#maxConcurrency = options.maxConcurrency;
    this.#lines = new RelayLines(options, clock, (event) => {
      this.#onScheduled(event);
    });
    this.#events = new RequestEvents(clock);
    spendTokens(this.#events.subscribe, options.rates);
    this.#sharing = new PlaceSharing(executors, () => {
      const { maxConcurrency } = this.limits;
      return { all: maxConcurrency, free: maxConcurrency - (this.running - this.#homeless.places) };
    });
    this.#attempts = new Attempts({
      ...{ executors, clock, events: this.#events },
      capacityOf: (executor, model) => this.#sharing.capacityOf(executor, model),
      onEnded: (job) => {
        this.#release(job);
      },
      onRetry: (job) => {
        // An outage counts from now on, whatever there was before.
        this.#outages.note(job, true);
        this.#homeless.add(job);
        this.#share();
      },
    });
    const { queueTimeoutMs } = options;
    this.#homeless = new HomelessJobs(clock, queueTimeoutMs, (job) => {
      this.#giveUp(job, queueTimeoutError(queueTimeoutMs, job.line.scheduler.retryAfterSeconds()));
    });
    const share = (): void => {
      this.#share();
    };
    this.#outages = new Outages(clock, share);
    for (const { events } of executors) events(share);
  }

  get events(): Subscribable<InferenceEvent> {
    return this.#events.subscribe;
  }

  get moves(): Subscribable<undefined> {
    return this.#moves.subscribe;
  }

  get limits(): SchedulerLimits {
    const { slots } = this;
    return { maxConcurrency: Math.min(this.#maxConcurrency ?? slots, slots), maxQueue: this.#lines.maxQueue };
  }

  /** Places of all upstreams, whether or not they answer. */
  get slots(): number {
    return this.executors.reduce((sum, { places }) => sum + places, 0);
  }

  get ready(): boolean {
    return !this.#lines.isDraining && this.executors.some(isUsable);
  }

  get readiness(): string {
    if (this.#lines.isDraining || areDrained(this.executors)) return 'draining';
    return this.executors.some(({ kind }) => kind !== 'unknown') ? 'failed' : 'starting';
  }

  get running(): number {
    return this.#lines.running;
  }

  get waiting(): number {
    return this.#lines.waiting;
  }

  get queuedTokens(): number {
    return this.#lines.queuedTokens;
  }

  get sharingLines(): readonly SharingLine[] {
    return this.#lines.counts;
  }

  /** The names of all models, the usual one first. */
  get models(): readonly string[] {
    return modelsOf(this.executors);
  }

  /**
   * Admits a request. From then on `listener` is called, possibly before this returns.
   *
   * @param client aborted when the client leaves: the request then ends at once, wherever it is, and so does the upstream's
   *   work for it
   * @throws ChatstreamError if it is refused: `model_not_found`, `queue_full`, `rate_limited`, `quota_exceeded`, `draining`,
   *   `engine_unavailable` if no upstream has answered for a while, or `cancelled`
   */
  submit(request: RelayRequest, listener: RelayListener, client: AbortSignal): AdmittedRequest {
    const arrivedMs = this.#clock.now();
    let line: ModelLine | undefined;
    try {
      if (client.aborted) throw clientLeftError();
      const { key = noKey, payer = key } = request;
      line = this.#line(modelFor(request.model, this.executors, this.#options.aliases));
      const { model } = line;
      const able = this.executors.filter((executor) => executor.serves(model));
      const places = placesAsked(request, model, able, this.#maxConcurrency);
      this.#options.rates?.take(payer, request.places ?? 1);
      if (this.#outages.isOut(line)) throw refusalWithoutUpstream(line, this.executors);
      assertRoom(line.scheduler, { ...request, key, payer, places }, this.#sharing.isFree(line, places));
      const job = new RelayJob(request, listener, line, arrivedMs, places);
      job.watch(client, () => {
        this.#leave(job);
      });
      line.scheduler.admit(job);
      this.#share();
      // Only now may it have got a place.
      line.scheduler.keepToTarget(job);
      return { place: () => job.line.scheduler.view(job) };
    } catch (error) {
      const refusal = asChatstreamError(error);
      this.#events.refused(request, refusal, arrivedMs, line?.model);
      throw refusal;
    }
  }

  snapshot(most = Number.POSITIVE_INFINITY, payer: string | null = null): QueueSnapshot {
    const jobs = { lines: this.#lines.all, running: [...this.#attempts.running] };
    const limits = { ...this.limits, slots: this.slots, draining: this.#lines.isDraining };
    return relaySnapshot(jobs, limits, { nowMs: this.#clock.now(), most, payer });
  }

  resize({ maxConcurrency, maxQueue }: Partial<SchedulerLimits>): void {
    if (maxConcurrency !== undefined) assertPlaces(maxConcurrency, this.slots);
    this.#maxConcurrency = maxConcurrency ?? this.#maxConcurrency;
    if (maxQueue !== undefined) this.#lines.setMaxQueue(maxQueue);
    this.#share();
  }

  configureKeys(terms: ReadonlyMap<string, KeyTerms>, classReserves?: ReadonlyMap<TrafficClass, number>): void {
    refuseReserves({ terms, ...(classReserves !== undefined && { classReserves }) }, 'upstream');
    this.#lines.configureKeys(terms);
    this.#share();
  }

  drain(): Promise<void> {
    return this.#lines.drain();
  }

  abandonRunning(): number {
    const jobs = [...this.#attempts.running];
    for (const job of jobs) this.#attempts.fail(job, cutOffError(job.line.scheduler.retryAfterSeconds()));
    return jobs.length;
  }

  #line(model: string): ModelLine {
    const known = this.#lines.find(model);
    if (known !== undefined) return known;
    const line = this.#lines.add(model);
    this.#share();
    return line;
  }

  #onScheduled(event: SchedulerEvent<RelayJob>): void {
    switch (event.type) {
      case 'started': {
        const { job } = event;
        this.#attempts.start(job, event.waitedMs);
        // The client may leave from within that call.
        if (this.#attempts.isRunning(job) && !this.#attempts.send(job)) this.#homeless.add(job);
        return;
      }
      case 'turned_away':
        event.job.unwatch();
        this.#events.turnedAway(event.job, event.stage, event.error);
        event.job.listener.failed(event.error);
        return;
      case 'paused':
      case 'resumed':
        throw new ChatstreamError('internal', 'A generation of an upstream server was to be paused.');
      case 'moved':
        this.#moves.emit(undefined);
        // One may have left that others had to let go before them.
        if (!this.#isSharing) this.#share();
    }
  }

  /** Its client has left. */
  #leave(job: RelayJob): void {
    if (this.#attempts.isRunning(job)) {
      this.#attempts.cancel(job);
      this.#release(job);
    } else if (job.status === 'waiting') {
      this.#events.settled(job, 'cancelled_waiting', null);
      job.line.scheduler.withdraw(job);
    }
  }

  /** Its place is shared out among all lines, rather than going to the next in its own. */
  #release(job: RelayJob): void {
    this.#homeless.remove(job);
    job.line.scheduler.release(job);
    this.#share();
  }

  /** Gives free places to those that had one before, then to those that wait. Called after every change. */
  #share(): void {
    this.#mustShareAgain = true;
    if (this.#isSharing) return;
    this.#isSharing = true;
    try {
      while (this.#mustShareAgain) {
        this.#mustShareAgain = false;
        this.#sharing.clear();
        for (const job of this.#homeless.jobs) {
          if (!this.#homeless.has(job)) continue;
          if (this.#sharing.hasRoomFor(job.places) && this.#attempts.send(job)) this.#homeless.remove(job);
          else this.#sharing.keepFor(job);
        }
        const lines = this.#lines.all;
        this.#sharing.share(lines);
        for (const line of lines) this.#watchOutages(line);
      }
    } finally {
      this.#isSharing = false;
    }
  }

  /** Gives up those for whom there has been no upstream for a while. */
  #watchOutages(line: ModelLine): void {
    const able = this.executors.filter((executor) => isUsable(executor) && executor.serves(line.model));
    this.#outages.note(line, able.length > 0);
    const error = (): ChatstreamError => refusalWithoutUpstream(line, this.executors);
    if (this.#outages.isOut(line)) line.scheduler.turnAwayWaiting(error);
    for (const job of this.#homeless.jobs) {
      if (job.line !== line) continue;
      this.#outages.note(
        job,
        able.some((executor) => canGoOn(executor, job)),
      );
      if (this.#outages.isOut(job) || this.#outages.isOut(line)) this.#giveUp(job, error());
    }
  }

  /** Ends a job that has waited in vain for a place. @param error for one that has not begun */
  #giveUp(job: RelayJob, error: ChatstreamError): void {
    this.#attempts.fail(job, job.firstTokenMs === null ? error : upstreamFailedError(job.outputTokens), error);
  }
}
