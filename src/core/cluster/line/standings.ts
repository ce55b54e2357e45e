import type { CancelTimer, Clock } from '../../base/clock.js';
import type { Scheduler } from '../../scheduler/scheduler.js';
import type { Standing, Turn } from '../messages.js';
import type { FrontLinks } from './front-links.js';
import type { FrontLink, LineJob, LineRequest } from './line-request.js';

export interface StandingsOptions {
  readonly links: FrontLinks;
  /** Null while there is none. */
  readonly scheduler: () => Scheduler<LineJob> | null;
  readonly clock: Clock;
}

/**
 * How often fronts are told where their requests stand, in milliseconds: less often in a long line, where it costs
 * more.
 */
const standingMs = 250;
const standingMsPerRequest = 0.1;

/** Tells fronts where their requests stand in the line. */
export class Standings {
  readonly #options: StandingsOptions;
  #cancelTimer: CancelTimer | null = null;

  constructor(options: StandingsOptions) {
    this.#options = options;
  }

  /** These requests have been accepted: waiting ones are told so at once, with their places. */
  accept(link: FrontLink, requests: readonly LineRequest[]): void {
    const waiting = requests.filter(({ job }) => job.status === 'waiting');
    const places = waiting.flatMap(({ job }) => this.#of(job) ?? []);
    const turns = waiting.flatMap(({ id, turn }): [string, Turn][] => (turn === null ? [] : [[id, turn]]));
    if (turns.length > 0) link.send({ type: 'accepted', turns, places });
  }

  /** A request has moved: all are told within {@link standingMs}, or later in a long line. */
  tellSoon(): void {
    const waiting = this.#options.scheduler()?.waiting ?? 0;
    this.#cancelTimer ??= this.#options.clock.schedule(Math.max(standingMs, waiting * standingMsPerRequest), () => {
      this.tell();
    });
  }

  tell(): void {
    this.stop();
    const { links, scheduler: current } = this.#options;
    const scheduler = current();
    if (scheduler === null) return;
    const places = new Map<FrontLink, Standing[]>(Array.from(links.all, (link) => [link, []]));
    for (const { job, position, etaMs } of scheduler.entries()) {
      places.get(job.request.front)?.push([job.request.id, position, etaMs, scheduler.waitsFor(job)]);
    }
    const { running, waiting } = scheduler;
    const line = { running, waiting, retryAfterSeconds: scheduler.retryAfterSeconds() };
    for (const [link, ofFront] of places) link.send({ type: 'standing', line, places: ofFront });
  }

  stop(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }

  #of(job: LineJob): readonly Standing[] | null {
    const scheduler = this.#options.scheduler();
    const view = scheduler?.view(job);
    if (view === undefined || scheduler === null) return null;
    return [[job.request.id, view.position, view.etaMs, scheduler.waitsFor(job)]];
  }
}
