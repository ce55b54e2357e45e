import type { CancelTimer, Clock } from '../../base/clock.js';
import { Emitter, type Subscribable } from '../../base/emitter.js';
import { messageOf } from '../../base/errors.js';
import { type Capacity, type Executor, type ExecutorStatus, freePlaces, isUsable, limitedTo } from '../executor.js';
import { Health } from '../health.js';
import { discover, TakesNoRequests, type UpstreamKind } from './discovery.js';
import type { Usage } from './exchange/answer-watch.js';
import { Exchange, type ExchangeListener, reportOf, type UpstreamRequest } from './exchange/exchange.js';
import type { Failure, WholeAnswer } from './exchange/failure.js';
import { OpenExchanges } from './exchange/open-exchanges.js';
import { ModelNames } from './model-names.js';
import { ModelRests } from './model-rests.js';
import { UpstreamConnection } from './upstream-connection.js';
import type { UpstreamOptions } from './upstream-options.js';
import { UpstreamPlaces } from './upstream-places.js';
import { type UpstreamTimes, usualTimes } from './upstream-times.js';

/**
 * A connection that an upstream has closed while it was idle ends sooner than this after a request was sent on it, in
 * milliseconds. That says nothing about the upstream.
 */
const longestCrossingMs = 1000;

/** Something that the log should say about an upstream. */
export type UpstreamEvent =
  /** It has places, or no longer has any, or a different number than before. */
  | { readonly type: 'changed' }
  | { readonly type: 'up'; readonly kind: UpstreamKind; readonly places: number; readonly arePlacesKnown: boolean }
  | { readonly type: 'down'; readonly reason: string }
  /**
   * @property model the name by which a client has asked for it
   * @property isBusy whether it has only reported that it is busy
   */
  | { readonly type: 'failure'; readonly model: string; readonly reason: string; readonly isBusy: boolean };

/** Another server that generates. Asks it regularly how it is, counts what runs there, and lets nothing through while it is down. */
export class Upstream implements Executor {
  readonly name: string;
  readonly #options: UpstreamOptions;
  readonly #times: UpstreamTimes;
  readonly #clock: Clock;
  readonly #connection: UpstreamConnection;
  readonly #health: Health;
  readonly #names: ModelNames;
  readonly #rests: ModelRests;
  readonly #places: UpstreamPlaces;
  readonly #events = new Emitter<UpstreamEvent>();
  readonly #exchanges = new OpenExchanges();
  #kind: UpstreamKind | null = null;
  #isDraining = false;
  #wasUp = false;
  #downReason: string | null = null;
  #isStopped = false;
  /** Whether the last probe was not answered. */
  #isProbeMissed = false;
  #cancelProbe: CancelTimer = () => undefined;

  constructor(options: UpstreamOptions, clock: Clock, times: UpstreamTimes = usualTimes) {
    this.name = options.name;
    this.#options = options;
    this.#times = times;
    this.#clock = clock;
    this.#connection = new UpstreamConnection(options, times);
    this.#health = new Health(clock, times, false);
    this.#names = new ModelNames(options.models);
    this.#places = new UpstreamPlaces(options.slots);
    this.#rests = new ModelRests(this.#names, clock, () => {
      this.#events.emit({ type: 'changed' });
    });
  }

  get events(): Subscribable<UpstreamEvent> {
    return this.#events.subscribe;
  }

  get url(): string {
    return this.#options.baseUrl;
  }

  get kind(): string {
    return this.#kind ?? 'unknown';
  }

  get status(): ExecutorStatus {
    const { status } = this.#health;
    if (status === 'down') return status;
    if (this.#isDraining) return 'draining';
    return this.#rests.areAll ? 'cooling' : status;
  }

  get places(): number {
    return this.#places.all;
  }

  /** Whether its places are those that it has, and not one because nothing says how many. */
  get arePlacesKnown(): boolean {
    return this.#places.areKnown;
  }

  get running(): number {
    return this.#exchanges.running;
  }

  /** Why it is down; null while it is not. */
  get downReason(): string | null {
    return this.#health.status === 'down' ? (this.#downReason ?? 'it has not answered yet') : null;
  }

  /** The names by which clients request its models; null if it accepts any. */
  get models(): readonly string[] | null {
    return this.#names.all;
  }

  /** Its own name for a model; null to leave the name as it is. */
  upstreamName(model: string): string | null {
    return this.#names.upstreamName(model);
  }

  serves(model: string): boolean {
    return this.#names.includes(model);
  }

  /** Those of its models that are left alone because it was too busy for them, by the names by which clients ask for them. */
  get resting(): readonly string[] {
    return (this.models ?? []).filter((model) => this.#rests.includes(model));
  }

  /** What it can do for one model: it is `cooling` also while only this model rests, and may have fewer places for it. */
  forModel(name: string): Capacity {
    const { status, places, running } = this;
    const isResting = isUsable({ status }) && this.#rests.includes(name);
    const model = this.#names.modelOf(name);
    const all: Capacity = { status: isResting ? 'cooling' : status, places, running };
    return limitedTo(this.#places.of(model), this.#exchanges.runningOf(model), all);
  }

  /** Resolves after the first probe, whatever came of it. Others follow until {@link stop}. */
  async start(): Promise<void> {
    await this.#probe();
  }

  /** Ends all running requests, without telling the listeners. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelProbe();
    this.#rests.clear();
    this.#exchanges.cancel();
    await this.#connection.close();
  }

  /** Lets running requests end and sends nothing new, or ends that. */
  drain(isDraining: boolean): void {
    this.#isDraining = isDraining;
    this.#events.emit({ type: 'changed' });
  }

  /** Sends a request; it takes its places until its listener hears of its end. @returns ends it at once */
  run(request: UpstreamRequest, listener: ExchangeListener): () => void {
    const counted = this.#counted(listener, request.model, () => exchange);
    const exchange: Exchange = new Exchange(counted, request);
    this.#exchanges.add(exchange, this.#names.modelOf(request.model), request.places ?? 1);
    this.#connection.send(request, exchange, request.isResumable && this.#kind === 'chatstream');
    return () => {
      this.#exchanges.remove(exchange);
      exchange.cancel();
    };
  }

  /** Updates its health, and releases the places before the listener is told of an end. */
  #counted(listener: ExchangeListener, model: string, exchange: () => Exchange): ExchangeListener {
    const sentMs = this.#clock.now();
    const over = (): void => {
      this.#exchanges.remove(exchange());
    };
    return {
      whole: (answer: WholeAnswer, usage: Usage) => {
        over();
        this.#noted('succeeded', () => {
          listener.whole(answer, usage);
        });
      },
      begun: (answer) => {
        this.#noted('begun', () => {
          listener.begun(answer);
        });
      },
      data: (chunk, tokens, progress) => {
        listener.data(chunk, tokens, progress);
      },
      ended: (usage, error) => {
        over();
        if (error?.status === null) this.#failed({ type: 'broken', reason: reportOf(error.message) }, model);
        else this.#health.succeeded();
        listener.ended(usage, error);
      },
      failed: (failure) => {
        over();
        this.#failed(failure, model, this.#clock.now() - sentMs);
        listener.failed(failure);
      },
    };
  }

  /** Notes how well it does, tells the listener, and then that more may be sent: after a death, it has had one to try. */
  #noted(event: 'begun' | 'succeeded', tell: () => void): void {
    const before = this.status;
    this.#health[event]();
    const hasChanged = this.status !== before;
    tell();
    if (hasChanged) this.#events.emit({ type: 'changed' });
  }

  /** @param afterMs time since the request was sent */
  #failed(failure: Failure, model: string, afterMs = Infinity): void {
    this.#events.emit({ type: 'failure', model, reason: failure.reason, isBusy: failure.type === 'busy' });
    switch (failure.type) {
      // Its line works: other requests, perhaps for another model, may find it shorter.
      case 'timed_out':
      case 'unfit':
        return;
      case 'busy':
        this.#rests.add(this.#kind === 'chatstream' && failure.isForAll === true ? null : model, failure.restMs);
        return;
      case 'unreachable':
      case 'forbidden':
        this.#doubt(failure.reason, true);
        return;
      case 'error':
        this.#doubt(failure.reason, false);
        return;
      case 'broken':
        if (failure.mayBeUnread !== true || afterMs > longestCrossingMs) this.#doubt(failure.reason, false);
    }
  }

  #doubt(reason: string, isCertain: boolean): void {
    this.#health.failed(isCertain);
    if (this.#health.status !== 'down') return;
    this.#downReason = reason;
    if (this.#wasUp) this.#events.emit({ type: 'down', reason });
    this.#wasUp = false;
    this.#scheduleProbe();
  }

  #scheduleProbe(): void {
    if (this.#isStopped) return;
    const usualMs = this.#isProbeMissed ? this.#times.firstPauseMs : this.#times.probeIntervalMs;
    const delayMs = this.#health.status === 'down' ? this.#health.pauseMs : usualMs;
    this.#cancelProbe();
    this.#cancelProbe = this.#clock.schedule(delayMs, () => void this.#probe());
  }

  /** Differs whenever more or less can be sent. */
  #offer(): string {
    return `${freePlaces(this)} ${String(this.#places)} ${String(this.models)}`;
  }

  async #probe(): Promise<void> {
    try {
      const knownPlaces = this.#health.status === 'down' ? undefined : this.#places.told;
      const discovery = await discover(this.#connection.ask, this.#kind, knownPlaces, this.#options.slots);
      const { kind, models } = discovery;
      if (this.#isStopped) return;
      const before = this.#offer();
      this.#places.tell(discovery, kind !== this.#kind);
      this.#names.listed = models;
      this.#isProbeMissed = false;
      this.#health.probed();
      // Nothing is known against an upstream that has just been asked for the first time.
      if (this.#kind === null) this.#health.probed();
      this.#kind = kind;
      if (!this.#wasUp) {
        this.#wasUp = true;
        this.#events.emit({ type: 'up', kind, places: this.places, arePlacesKnown: this.arePlacesKnown });
      }
      if (before !== this.#offer()) this.#events.emit({ type: 'changed' });
    } catch (error) {
      if (this.#isStopped) return;
      // One unanswered probe may be bad luck; a second one in a row, sent at once, is not.
      const isSecond = this.#isProbeMissed;
      this.#isProbeMissed = true;
      this.#doubt(messageOf(error), isSecond);
      // Requests that run at a server that has answered, for example because it is draining, continue there.
      if (!(error instanceof TakesNoRequests)) {
        if (this.#health.status === 'down') {
          this.#exchanges.giveUpSilent(`it is silent, and does not answer probes: ${messageOf(error)}`);
        }
        this.#exchanges.listen();
      }
    }
    this.#scheduleProbe();
  }
}
