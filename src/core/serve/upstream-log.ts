import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/logger.js';
import type { Upstream } from '../executor/upstream/upstream.js';

/**
 * How often the log says that an upstream is too busy for a model, in milliseconds. One that has reached its limit refuses as
 * many requests as it has places after each rest, for hours perhaps.
 */
const busyEveryMs = 60_000;

/** What has not been logged of a model that an upstream is too busy for. */
interface Busy {
  readonly saidMs: number;
  refusals: number;
}

/** Logs how an upstream is, and what goes wrong with its requests. */
export function logUpstream({ name, events }: Pick<Upstream, 'name' | 'events'>, clock: Clock, logger: Logger): void {
  const busyFor = new Map<string, Busy>();
  const noteBusy = (model: string, reason: string): void => {
    const nowMs = clock.now();
    const known = busyFor.get(model);
    if (known !== undefined && nowMs - known.saidMs < busyEveryMs) {
      known.refusals += 1;
      return;
    }
    logger.warn({ upstream: name, model, reason, refusals: (known?.refusals ?? 0) + 1 }, 'upstream is too busy');
    busyFor.set(model, { saidMs: nowMs, refusals: 0 });
  };
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
        if (isBusy) noteBusy(model, reason);
        else logger.warn({ upstream: name, model, reason }, 'upstream failed on a request');
        return;
      }
      case 'changed':
        return;
    }
  });
}
