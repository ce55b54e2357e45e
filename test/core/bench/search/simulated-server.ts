import { seededRandom } from '../../../../src/core/base/random.js';
import type { Look } from '../../../../src/core/bench/search/evidence.js';
import { nextStep, type SearchSpec } from '../../../../src/core/bench/search/next-step.js';

/** How long each look takes, in multiples of the first: as the bench does. */
const lengths = [1, 1, 2, 4, 8];

/** A server with a number of slots, each of which serves one request at a time, in order of arrival. */
export interface SimulatedServer {
  readonly slots: number;
  readonly serviceMs: number;
  /** The wait from which on a request misses its limit. */
  readonly limitMs: number;
}

/** Waits of Poisson arrivals in milliseconds, with when they arrived (J. Kiefer and J. Wolfowitz's recursion, 1955). */
function* waitsOf(
  { slots, serviceMs }: SimulatedServer,
  rate: number,
  seed: number,
): Generator<{ readonly atMs: number; readonly waitMs: number }, never> {
  const random = seededRandom(seed);
  const freeAt = Array.from({ length: slots }, () => 0);
  for (let atMs = 0; ;) {
    atMs -= (Math.log(1 - random()) / rate) * 1000;
    const slot = freeAt.indexOf(Math.min(...freeAt));
    const begin = Math.max(atMs, freeAt[slot] ?? 0);
    freeAt[slot] = begin + serviceMs;
    yield { atMs, waitMs: begin - atMs };
  }
}

/** The share of requests that miss the limit in the long run. */
function missedShare(server: SimulatedServer, rate: number, requests: number, seed = 7): number {
  const waits = waitsOf(server, rate, seed);
  let missed = 0;
  for (let count = 0; count < requests; count += 1) {
    if (waits.next().value.waitMs >= server.limitMs) missed += 1;
  }
  return missed / requests;
}

/** The highest rate at which a share of requests at most misses the limit. */
export function trueLimit(server: SimulatedServer, allowedShare: number): number {
  let low = 0;
  let high = (server.slots / server.serviceMs) * 1000;
  for (let step = 0; step < 14; step += 1) {
    const middle = (low + high) / 2;
    if (missedShare(server, middle, 400_000) <= allowedShare) low = middle;
    else high = middle;
  }
  return low;
}

/** One measurement that begins with an empty queue, as the bench's do, after a warm-up of a quarter of its length. */
export function lookAt(server: SimulatedServer, load: number, look: number, seconds: number, seed: number): Look {
  const windowMs = seconds * 1000 * (lengths[look - 1] ?? 8);
  const warmupMs = windowMs / 4;
  const pieces = Array.from({ length: 16 }, () => ({ successes: 0, attempts: 0 }));
  for (const { atMs, waitMs } of waitsOf(server, load, seed)) {
    const piece = pieces[Math.floor(((atMs - warmupMs) / windowMs) * pieces.length)];
    if (atMs >= warmupMs + windowMs) break;
    if (piece === undefined) continue;
    piece.attempts += 1;
    if (waitMs >= server.limitMs) piece.successes += 1;
  }
  const answered = pieces.reduce((sum, { attempts }) => sum + attempts, 0);
  return { load, missed: [pieces], answered, isOverloaded: false, isUntold: false, isRising: false, hiddenExcess: 0 };
}

/** Far more than any search takes: noisy servers, searched to 1 %, need up to some 200. */
const mostLooks = 2000;

/** Runs a search to its end. @param measure what a look at a load finds; called with its number over all loads */
export function searched(spec: SearchSpec, measure: (load: number, look: number, number: number) => Look): Look[] {
  const looks: Look[] = [];
  for (let number = 1; number <= mostLooks; number += 1) {
    const step = nextStep(spec, looks);
    if (step.type === 'done') return looks;
    looks.push(measure(step.load, step.look, number));
  }
  throw new Error('the search does not end');
}
