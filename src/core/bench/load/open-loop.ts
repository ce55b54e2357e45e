import { microsNow } from '../../base/micros.js';
import { type Random, seededRandom } from '../../base/random.js';
import type { Arrival } from '../plan/options.js';
import type { Turn } from '../workload/workload.js';
import { continueConversation } from './converse.js';
import type { LoadShape } from './load-generator.js';
import type { LoadRun, Pauses } from './load-run.js';

/** By how much a timer may be early or late. */
const timerMs = 1;

/**
 * Sends requests when they are due, whatever happened to earlier ones, like users who act independently of each other.
 * How late a request was sent is its client wait; the latency that a user would have felt counts from when it was due.
 *
 * Conversations whose turns wait for answers begin by the schedule, and go on in their own time: a partly-open system
 * (B. Schroeder, A. Wierman, M. Harchol-Balter, "Open Versus Closed: A Cautionary Tale", NSDI 2006).
 */
export async function runOpenLoop(
  shape: Extract<LoadShape, { type: 'open' }>,
  { worker, workers }: { readonly worker: number; readonly workers: number },
  startUs: number,
  load: LoadRun,
): Promise<void> {
  const inFlight = new Set<Promise<unknown>>();
  const turns = allTurns(load);
  const { turnsEach } = shape;
  const times = shape.times ?? arrivalTimes(shape.arrival, shape.rate / (turnsEach ?? 1), seededRandom(shape.seed));
  let index = -1;
  for (const seconds of times) {
    index += 1;
    if (index % workers !== worker) continue;
    const intendedUs = startUs + seconds * 1e6;
    await waitUntil(intendedUs, load.pauses);
    const phase = load.window.nextPhase(intendedUs);
    if (phase === 'over') break;
    const begun =
      load.arrivalOfTenant?.(index) ?? (turnsEach === undefined ? [turns.next().value] : load.nextConversation(null));
    const sent = beginConversation(begun, intendedUs, phase, load).finally(() => inFlight.delete(sent));
    inFlight.add(sent);
  }
  await Promise.all(inFlight);
}

/** Sends the first turn, and the others when they are due. */
async function beginConversation(
  turns: readonly Turn[],
  intendedUs: number,
  phase: 'warm-up' | 'counted',
  load: LoadRun,
): Promise<void> {
  const [first] = turns;
  if (first === undefined) return;
  const answer = load.send(first, intendedUs, phase);
  await (turns.length === 1 ? answer : continueConversation(turns, answer, load));
}

/** Conversation after conversation: a schedule cannot wait for an answer before it sends the next turn. */
function* allTurns(load: LoadRun): Generator<Turn, never> {
  for (;;) yield* load.nextConversation(null);
}

async function waitUntil(dueUs: number, pauses: Pauses): Promise<void> {
  for (let leftMs = (dueUs - microsNow()) / 1000; leftMs > 0; leftMs = (dueUs - microsNow()) / 1000) {
    // A timer for the last fraction of a millisecond would be late; an iteration of the event loop is shorter than
    // that.
    if (leftMs > timerMs) await pauses.wait(leftMs - timerMs / 2);
    else await new Promise((resolve) => setImmediate(resolve));
    if (pauses.areOver) return;
  }
}

/**
 * When requests of an open loop are due, in seconds from the start, in rising order and without end.
 *
 * `poisson`: independent arrivals, the gaps exponentially distributed with mean 1/rate, like those of many independent
 * users. `constant`: equal gaps. `burst`: once a second all that are due in a second, at once (for rates below 1, one
 * at a time).
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
