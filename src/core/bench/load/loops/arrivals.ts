import { type Random, seededRandom } from '../../../base/random.js';
import type { Arrival } from '../../plan/options.js';
import { expectedRequests, type RateStage } from '../../plan/stages.js';
import type { LoadJob, LoadShape } from '../job/load-job.js';
import { drawGamma } from './gamma.js';

/** A request of a schedule, or the beginning of a conversation. */
export interface PlannedArrival {
  /** From 0, over all workers; it decides what is sent. */
  readonly index: number;
  /** When it is due, in microseconds from the start of the load. */
  readonly dueUs: number;
}

/**
 * When one worker sends, until enough requests are due after the warm-up, or the stages are over. Each worker goes
 * through the whole schedule and takes its own requests, so that together they send what a single worker would have
 * sent.
 */
export function* scheduleOf(
  shape: Extract<LoadShape, { type: 'open' }>,
  { worker, workers, warmupMs, requests }: Pick<LoadJob, 'worker' | 'workers' | 'warmupMs' | 'requests'>,
): Generator<PlannedArrival, void> {
  let counted = 0;
  let index = 0;
  for (const seconds of timesOf(shape, warmupMs)) {
    const dueUs = seconds * 1e6;
    // Conversations have requests that are not in the schedule.
    if (dueUs >= warmupMs * 1000 && shape.turnsEach === undefined) {
      if (counted === requests) return;
      counted += 1;
    }
    if (index % workers === worker) yield { index, dueUs };
    index += 1;
  }
}

/** When arrivals are due, in seconds from the start. */
function timesOf(
  { arrival, rate, seed, stages, turnsEach = 1, times }: Extract<LoadShape, { type: 'open' }>,
  warmupMs: number,
): Iterable<number> {
  if (times !== undefined) return times;
  const random = seededRandom(seed);
  if (stages === undefined) return arrivalTimes(arrival, rate / turnsEach, random);
  const ofArrivals = stages.map(({ fromRate, toRate, durationMs }) => ({
    fromRate: fromRate / turnsEach,
    toRate: toRate / turnsEach,
    durationMs,
  }));
  return stagedTimes(arrival, withWarmup(ofArrivals, warmupMs), random);
}

/** During the warm-up, the rate is the initial one. */
function withWarmup(stages: readonly RateStage[], warmupMs: number): readonly RateStage[] {
  const rate = stages[0]?.fromRate ?? 0;
  return [{ fromRate: rate, toRate: rate, durationMs: warmupMs }, ...stages];
}

/**
 * When requests of an open loop are due, in seconds from the start, in rising order and without end.
 *
 * `poisson`: independent arrivals, the gaps exponentially distributed with mean 1/rate, like those of many independent
 * users. `gamma`: gaps with the same mean and another coefficient of variation. `constant`: equal gaps. `burst`: once a
 * second all that are due in a second, at once (for rates below 1, one at a time).
 *
 * @param rate requests per second, above 0
 */
export function* arrivalTimes(arrival: Arrival, rate: number, random: Random): Generator<number, never> {
  if (arrival === 'burst') {
    const size = Math.max(1, Math.round(rate));
    for (let index = 0; ; index += 1) yield (Math.floor(index / size) * size) / rate;
  }
  for (const count of arrivalCounts(arrival, random)) yield count / rate;
  throw new Error('a schedule has ended');
}

/**
 * The same for a rate that changes, until the last stage is over: the n-th request is due when the expected number of
 * requests reaches n (the time of a Poisson process is rescaled, as W. Lewis and G. Shedler describe in 1979). Seconds
 * of a burst are those of its stage.
 */
export function* stagedTimes(arrival: Arrival, stages: readonly RateStage[], random: Random): Generator<number, void> {
  let stage = 0;
  let beganSeconds = 0;
  let beganAt = 0;
  for (const count of arrivalCounts(arrival, random)) {
    for (let current = stages[stage]; current !== undefined; current = stages[stage]) {
      const expected = expectedRequests(current);
      if (count - beganAt < expected) break;
      beganAt += expected;
      beganSeconds += current.durationMs / 1000;
      stage += 1;
    }
    const current = stages[stage];
    if (current === undefined) return;
    const seconds = secondsUntil(count - beganAt, current);
    yield beganSeconds + (arrival === 'burst' ? Math.floor(seconds) : seconds);
  }
}

/** How long a stage takes to have this many requests, in seconds. */
function secondsUntil(requests: number, { fromRate, toRate, durationMs }: RateStage): number {
  if (requests === 0) return 0;
  const slope = (toRate - fromRate) / (durationMs / 1000);
  // In this form, the solution stays precise where the slope is almost 0.
  return (2 * requests) / (fromRate + Math.sqrt(Math.max(0, fromRate ** 2 + 2 * slope * requests)));
}

/** The expected number of requests until each is due. */
function* arrivalCounts(arrival: Arrival, random: Random): Generator<number, void> {
  switch (arrival) {
    case 'poisson':
      for (let count = 0; ;) yield (count -= Math.log(1 - random()));
    case 'constant':
    case 'burst':
      for (let index = 0; ; index += 1) yield index;
    default: {
      const scale = arrival.cv ** 2;
      for (let count = 0; ;) yield (count += drawGamma(1 / scale, random) * scale);
    }
  }
}
