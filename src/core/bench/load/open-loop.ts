import { setTimeout as delay } from 'node:timers/promises';
import { type Random, seededRandom } from '../../base/random.js';
import { microsNow } from '../../base/micros.js';
import type { Arrival } from '../plan/options.js';
import type { Turn } from '../workload/workload.js';
import type { LoadShape } from './load-generator.js';
import type { LoadRun } from './load-run.js';

/** What a timer is early or late by. */
const timerMs = 1;

/**
 * Sends requests when they are due, whatever became of earlier ones: what users do who do not know of each other. How
 * late a request was sent is its client wait; what it would have felt like is measured from when it was due.
 */
export async function runOpenLoop(
  shape: Extract<LoadShape, { type: 'open' }>,
  { worker, workers }: { readonly worker: number; readonly workers: number },
  startUs: number,
  load: LoadRun,
): Promise<void> {
  const inFlight = new Set<Promise<unknown>>();
  const turns = allTurns(load);
  let index = -1;
  for (const seconds of arrivalTimes(shape.arrival, shape.rate, seededRandom(shape.seed))) {
    index += 1;
    if (index % workers !== worker) continue;
    const intendedUs = startUs + seconds * 1e6;
    await sleepUntil(intendedUs, load.signal);
    const phase = load.window.nextPhase(intendedUs);
    if (phase === 'over') break;
    const sent = load.send(turns.next().value, intendedUs, phase).finally(() => inFlight.delete(sent));
    inFlight.add(sent);
  }
  await Promise.all(inFlight);
}

/** Conversation after conversation: a schedule cannot wait for an answer before it sends the next turn. */
function* allTurns(load: LoadRun): Generator<Turn, never> {
  for (;;) yield* load.nextConversation();
}

async function sleepUntil(dueUs: number, signal: AbortSignal): Promise<void> {
  for (let leftMs = (dueUs - microsNow()) / 1000; leftMs > 0; leftMs = (dueUs - microsNow()) / 1000) {
    // A timer for the last fraction of a millisecond would be late; the event loop turns faster than that.
    if (leftMs > timerMs) await delay(leftMs - timerMs / 2, undefined, { signal }).catch(() => undefined);
    else await new Promise((resolve) => setImmediate(resolve));
    if (signal.aborted) return;
  }
}

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
