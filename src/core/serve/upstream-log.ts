import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/logger.js';
import type { Upstream } from '../executor/upstream/upstream.js';

/**
 * How often the log says that an upstream is too busy for a model, in milliseconds. One that has reached its limit refuses as
 * many requests as it has places after each rest, for hours perhaps.
 */
const busyEveryMs = 60_000;

/** Refusals of an upstream that is too busy for a model that have not been logged yet, in the current minute. */
interface Busy {
  refusals: number;
  /** That of the last one. */
  reason: string;
}

/** Logs the first refusal of a model at once, and how many came after it at the end of each minute in which there were any. */
class BusyLog {
  readonly #upstream: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #models = new Map<string, Busy>();

  constructor(upstream: string, clock: Clock, logger: Logger) {
    this.#upstream = upstream;
    this.#clock = clock;
    this.#logger = logger;
  }

  note(model: string, reason: string): void {
    const busy = this.#models.get(model);
    if (busy === undefined) this.#write(model, { reason, refusals: 1 });
    else {
      busy.reason = reason;
      busy.refusals += 1;
    }
  }

  #write(model: string, { reason, refusals }: Busy): void {
    this.#logger.warn({ upstream: this.#upstream, model, reason, refusals }, 'upstream is too busy');
    const next: Busy = { reason, refusals: 0 };
    this.#models.set(model, next);
    this.#clock.schedule(busyEveryMs, () => {
      if (next.refusals > 0) this.#write(model, next);
      else this.#models.delete(model);
    });
  }
}

/** Logs the state of an upstream, and the failures of its requests. */
export function logUpstream({ name, events }: Pick<Upstream, 'name' | 'events'>, clock: Clock, logger: Logger): void {
  const busyLog = new BusyLog(name, clock, logger);
  events((event) => {
    switch (event.type) {
      case 'up':
        logger.info({ upstream: name, kind: event.kind, places: event.places }, 'upstream answers');
        if (!event.arePlacesKnown) {
          logger.warn(
            { upstream: name },
            'upstream does not say how many generations it runs at once: it gets one at a time; set slots=',
          );
        }
        return;
      case 'down':
        logger.error({ upstream: name, reason: event.reason }, 'upstream is down');
        return;
      case 'failure': {
        const { model, reason, isBusy } = event;
        if (isBusy) busyLog.note(model, reason);
        else logger.warn({ upstream: name, model, reason }, 'upstream failed on a request');
        return;
      }
      case 'changed':
        return;
    }
  });
}
