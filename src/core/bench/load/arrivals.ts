import type { Random } from '../../base/random.js';
import type { Arrival } from '../plan/options.js';

/**
 * When requests of an open loop are due, in seconds from the start, in rising order and without end.
 *
 * `poisson`: independent arrivals, the gaps exponentially distributed with mean 1/rate, as those of many users who know
 * nothing of each other. `constant`: equal gaps. `burst`: once a second as many at once as a second is due (for rates below
 * 1, one at a time).
 *
 * @param rate requests per second, above 0
 */
export function* arrivalTimes(arrival: Arrival, rate: number, random: Random): Generator<number, never> {
  switch (arrival) {
    case 'poisson':
      for (let time = 0; ;) yield (time -= Math.log(1 - random()) / rate);
    case 'constant':
      for (let index = 0; ; index += 1) yield index / rate;
    case 'burst': {
      const size = Math.max(1, Math.round(rate));
      for (let index = 0; ; index += 1) yield (Math.floor(index / size) * size) / rate;
    }
  }
}
