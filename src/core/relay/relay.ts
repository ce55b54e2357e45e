import type { Clock } from '../base/clock.js';
import { Emitter, type Subscribable } from '../base/emitter.js';
import { asChatstreamError, ChatstreamError } from '../base/errors.js';
import { cutOffError } from '../base/refusals/queue-refusals.js';
import { clientLeftError } from '../base/refusals/refusals.js';
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
import { Attempts } from './attempts/attempts.js';
import type { RelayExecutor } from './jobs/relay-executor.js';
import { type ModelLine, RelayJob } from './jobs/relay-job.js';
import type { RelayListener, RelayRequest } from './jobs/relay-request.js';
import { assertPlaces, modelFor, modelsOf } from './offered-models.js';
import { areDrained, refusalWithoutUpstream } from './places/no-upstream.js';
import { Placement } from './places/placement.js';
import { placesAsked } from './places-asked.js';
import { RelayLines } from './relay-lines.js';
import type { RelayOptions } from './relay-options.js';
import { relaySnapshot } from './relay-snapshot.js';

/**
 * Lets requests wait for places at upstream servers, each in the line of its model, and passes their answers on. Does for
 * them what `Inference` does for the engine.
 */
export class Relay implements RequestLine {
  readonly executors: readonly RelayExecutor[];
  /** Always none, because bodies are passed on unchanged. */
  readonly preparing = 0;
  readonly slotsAt = 'upstreams';
  readonly #options: RelayOptions;
  readonly #clock: Clock;
  readonly #events: RequestEvents;
  readonly #attempts: Attempts;
  readonly #moves = new Emitter<undefined>();
  readonly #lines: RelayLines;
  readonly #placement: Placement;
  #maxConcurrency: number | null;

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
    this.#attempts = new Attempts({
      ...{ executors, clock, events: this.#events },
      capacityOf: (executor, model) => this.#placement.capacityOf(executor, model),
      onEnded: (job) => {
        this.#placement.release(job);
      },
      onRetry: (job) => {
        this.#placement.lost(job);
      },
    });
    const { queueTimeoutMs } = options;
    const limit = (): { maxConcurrency: number; running: number } => ({
      maxConcurrency: this.limits.maxConcurrency,
      running: this.running,
    });
    const parts = { executors, lines: this.#lines, attempts: this.#attempts };
    this.#placement = new Placement({ ...parts, limit, queueTimeoutMs }, clock);
    const share = (): void => {
      this.#placement.share();
    };
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
      if (this.#placement.isOut(line)) throw refusalWithoutUpstream(line, this.executors);
      assertRoom(line.scheduler, { ...request, key, payer, places }, this.#placement.isFree(line, places));
      const job = new RelayJob(request, listener, line, arrivedMs, places);
      job.watch(client, () => {
        this.#leave(job);
      });
      line.scheduler.admit(job);
      this.#placement.share();
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
    this.#placement.share();
  }

  configureKeys(terms: ReadonlyMap<string, KeyTerms>, classReserves?: ReadonlyMap<TrafficClass, number>): void {
    refuseReserves({ terms, ...(classReserves !== undefined && { classReserves }) }, 'upstream');
    this.#lines.configureKeys(terms);
    this.#placement.share();
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
    this.#placement.share();
    return line;
  }

  #onScheduled(event: SchedulerEvent<RelayJob>): void {
    switch (event.type) {
      case 'started': {
        const { job } = event;
        this.#attempts.start(job, event.waitedMs);
        // The client may leave during that call.
        if (this.#attempts.isRunning(job)) this.#placement.place(job);
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
        if (!this.#placement.isSharing) this.#placement.share();
    }
  }

  /** Its client has left. */
  #leave(job: RelayJob): void {
    if (this.#attempts.isRunning(job)) {
      this.#attempts.cancel(job);
      this.#placement.release(job);
    } else if (job.status === 'waiting') {
      this.#events.settled(job, 'cancelled_waiting', null);
      job.line.scheduler.withdraw(job);
    }
  }
}
