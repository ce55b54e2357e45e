import type { Clock } from '../../base/clock.js';
import { asChatstreamError, type ChatstreamError } from '../../base/errors.js';
import type { Services } from '../../scheduler/fairness/keyed-jobs.js';
import type { SchedulerEvent } from '../../scheduler/jobs/job.js';
import { Scheduler } from '../../scheduler/scheduler.js';
import type { Peer } from '../channel/peer.js';
import type { Members } from '../members.js';
import {
  type frontEntry,
  type nodeEntry,
  type Registration,
  type SettingsEntry,
  type ToLine,
  toWireError,
} from '../messages.js';
import { assertRoom } from './assert-room.js';
import { FrontLinks } from './front-links.js';
import { Gathering } from './gathering.js';
import { Grants } from './grants.js';
import { type FrontLink, LineJob, LineRequest } from './line-request.js';
import { reconfigure } from './reconfigure.js';
import { schedulerOptionsOf } from './scheduler-options.js';
import { Standings } from './standings.js';
import { inTurn, Turns } from './turns.js';

export interface LineHolderOptions {
  readonly model: string;
  /** The number of the lease. */
  readonly lease: number;
  readonly peer: Peer;
  readonly nodes: Members<typeof nodeEntry>;
  readonly fronts: Members<typeof frontEntry>;
  readonly settings: SettingsEntry | null;
  /** How much keys have been served under former holders; null if that is unknown. */
  readonly services: Services | null;
  readonly clock: Clock;
}

/**
 * The line of one model, while this process holds it: the scheduler of one machine, whose jobs are requests that fronts
 * have registered, and whose places are those of nodes. It begins by asking the fronts which requests they have, both
 * running and waiting, and sorts these by their turns and their arrival.
 *
 *     fronts ── all, register, over, lost, progress ──► FrontLinks ──► LineHolder ──► Scheduler: whose turn it is
 *            ◄── turned_away ───────────────────────────────────────── LineHolder ◄── started, turned_away, moved
 *            ◄── accepted, standing ── Standings ◄─────────── moved ── LineHolder
 *            ◄── granted ── Grants ◄─────────── started, lost, over ── LineHolder
 *     nodes  ── entries in the bucket of members ──► NodePlaces ◄── Grants: on which node
 */
export class LineHolder {
  readonly #options: LineHolderOptions;
  readonly #clock: Clock;
  readonly #grants: Grants;
  readonly #links: FrontLinks;
  readonly #standings: Standings;
  readonly #gathering: Gathering;
  readonly #turns: Turns;
  #settings: SettingsEntry | null;
  /** Null while the fronts are being asked. */
  #scheduler: Scheduler<LineJob> | null = null;
  #stopListening: () => void = () => undefined;
  #isStopped = false;

  constructor(options: LineHolderOptions) {
    const { clock, peer, nodes, fronts, model, settings, lease } = options;
    this.#options = options;
    this.#clock = clock;
    this.#settings = settings;
    this.#grants = new Grants({
      ...{ model, nodes, lease },
      onNodes: () => {
        this.#share();
      },
    });
    this.#links = new FrontLinks({
      ...{ model, peer, clock },
      onMessage: (link, message) => {
        this.#hear(link, message);
      },
      onGone: ({ requests }) => {
        for (const request of [...requests.values()]) this.#over(request);
      },
    });
    this.#standings = new Standings({ links: this.#links, scheduler: () => this.#scheduler, clock });
    this.#turns = new Turns(lease);
    this.#gathering = new Gathering({
      ...{ fronts, clock, hasSaid: (front) => this.#links.has(front) },
      onComplete: () => {
        this.#rebuild();
      },
    });
  }

  get running(): number {
    return this.#scheduler?.running ?? 0;
  }

  get waiting(): number {
    return this.#scheduler?.waiting ?? 0;
  }

  /** See `KeyedJobs.services`. */
  get services(): Services | null {
    return this.#scheduler?.keys?.services ?? null;
  }

  /** The settings have changed, and apply from now on. */
  configure(settings: SettingsEntry): void {
    const before = this.#settings;
    this.#settings = settings;
    if (this.#scheduler !== null && !reconfigure(this.#scheduler, before, settings)) this.#rebuild();
  }

  /** Another process has the lease, or may have it, so this one grants nothing from now on. */
  stop(): void {
    this.#isStopped = true;
    this.#grants.stop();
    this.#gathering.stop();
    this.#standings.stop();
    this.#dismiss();
    this.#links.stop();
  }

  #hear(link: FrontLink, message: ToLine): void {
    switch (message.type) {
      case 'all':
        this.#takeAll(link, message.requests);
        return;
      case 'register':
        this.#register(link, message.requests);
        return;
      case 'over':
        this.#over(link.requests.get(message.id));
        return;
      case 'lost':
        this.#lost(link.requests.get(message.id), message.node);
        return;
      case 'progress':
        for (const [id, tokens, cached] of message.counts) this.#count(link.requests.get(id), tokens, cached);
    }
  }

  /** A front has opened a channel: what it says replaces what was known about it. */
  #takeAll(link: FrontLink, registrations: readonly Registration[]): void {
    const former = this.#links.enter(link);
    const known = new Map(former?.requests);
    for (const request of known.values()) this.#forget(request);
    former?.close();
    for (const registration of registrations) this.#add(link, registration, known.get(registration.id));
    if (this.#scheduler !== null) this.#rebuild();
    else this.#gathering.check();
  }

  /** @param former as it was known before, if it was */
  #add(link: FrontLink, registration: Registration, former?: LineRequest): LineRequest {
    const request = new LineRequest(link, registration, this.#clock.now());
    if (former !== undefined) request.follow(former);
    link.requests.set(request.id, request);
    this.#grants.adopt(request);
    return request;
  }

  #register(link: FrontLink, registrations: readonly Registration[]): void {
    const requests = registrations
      .filter(({ id }) => !link.requests.has(id))
      .map((registration) => this.#add(link, registration));
    const scheduler = this.#scheduler;
    // While the fronts are being asked, they wait with all others.
    if (scheduler === null) return;
    try {
      assertRoom(scheduler, requests);
    } catch (error) {
      for (const request of requests) this.#refuse(request, 'arrival', asChatstreamError(error));
      return;
    }
    for (const request of requests) {
      request.turn = this.#turns.next();
      scheduler.admit(request.job);
    }
    if (requests[0] !== undefined) scheduler.keepToTarget(requests[0].job);
    this.#share();
    this.#standings.accept(link, requests);
  }

  /** Puts all requests into a new scheduler: the running ones, and then the waiting ones, in their order. */
  #rebuild(): void {
    const former = this.#scheduler;
    this.#dismiss();
    const scheduler = new Scheduler<LineJob>(schedulerOptionsOf(this.#settings), this.#clock, former);
    this.#scheduler = scheduler;
    scheduler.hold(true);
    const { services } = this.#options;
    if (former === null && services !== null) scheduler.keys?.restoreServices(services);
    this.#stopListening = scheduler.events((event) => {
      this.#onScheduled(event);
    });
    const { requests } = this.#links;
    for (const request of requests) {
      const { job, isStarted } = request;
      request.job = new LineJob(request);
      if (isStarted) scheduler.adopt(request.job, job);
    }
    const nowMs = this.#clock.now();
    const waiting = inTurn(
      requests.filter(({ isStarted }) => !isStarted),
      this.#turns,
    );
    for (const { job, arrivedMs } of waiting) scheduler.readmit(job, nowMs - arrivedMs);
    this.#share();
    scheduler.hold(false);
    this.#share();
    for (const { keepsToTarget, job } of requests) if (keepsToTarget) scheduler.keepToTarget(job, 'waiting');
    for (const link of this.#links.all) this.#standings.accept(link, [...link.requests.values()]);
    this.#standings.tell();
  }

  /** Ends the former scheduler, whose timers must not run any more, without taking its running jobs for ended. */
  #dismiss(): void {
    this.#stopListening();
    const scheduler = this.#scheduler;
    this.#scheduler = null;
    if (scheduler === null) return;
    scheduler.hold(true);
    for (const { job } of this.#links.requests) if (job.status === 'waiting') scheduler.withdraw(job);
  }

  #onScheduled(event: SchedulerEvent<LineJob>): void {
    switch (event.type) {
      case 'started': {
        const { request } = event.job;
        request.isStarted = true;
        this.#grants.grant(request);
        return;
      }
      case 'turned_away':
        this.#refuse(event.job.request, event.stage, event.error);
        return;
      case 'moved':
        this.#standings.tellSoon();
        return;
      // Generations on nodes are never paused.
      case 'paused':
      case 'resumed':
    }
  }

  /** Gives free places to those that had one before, and then to those that wait. */
  #share(): void {
    const scheduler = this.#scheduler;
    if (scheduler === null || this.#isStopped) return;
    this.#grants.placeUnplaced();
    scheduler.confine(this.#grants.placesInOrder);
  }

  #lost(request: LineRequest | undefined, node: string): void {
    if (request?.node !== node) return;
    this.#grants.lose(request, node);
    this.#share();
  }

  #refuse(request: LineRequest, stage: 'arrival' | 'waiting', error: ChatstreamError): void {
    this.#forget(request);
    request.front.send({ type: 'turned_away', id: request.id, stage, error: toWireError(error) });
  }

  /** It has ended, so its place is free. */
  #over(request: LineRequest | undefined): void {
    if (request === undefined) return;
    this.#forget(request);
    this.#scheduler?.withdraw(request.job);
    this.#share();
  }

  #forget(request: LineRequest): void {
    request.front.requests.delete(request.id);
    this.#grants.forget(request);
  }

  #count(request: LineRequest | undefined, tokens: number, cached: number | null): void {
    const scheduler = this.#scheduler;
    if (request === undefined || scheduler === null) return;
    if (cached !== null) scheduler.countCached(request.job, cached);
    for (let token = 0; token < tokens; token += 1) scheduler.countOutput(request.job);
  }
}
