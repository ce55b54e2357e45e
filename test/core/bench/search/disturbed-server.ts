import { type Random, seededRandom } from '../../../../src/core/base/random.js';
import type { TrendBin } from '../../../../src/core/bench/record/run-trend.js';
import { queueGrowthOf } from '../../../../src/core/bench/result/overload.js';
import type { Look } from '../../../../src/core/bench/search/evidence.js';
import { lookOf } from '../../../../src/core/bench/search-look.js';
import { type Objective, parseObjective } from '../../../../src/core/measurement/settings/objectives.js';
import type { SimulatedServer } from './simulated-server.js';

/** How a machine that others share stands still now and then. */
export interface Hiccups {
  /** Mean of the exponential times between two of them. */
  readonly meanGapMs: number;
  /** How long each lasts, evenly distributed between the two. */
  readonly lengthMs: readonly [shortest: number, longest: number];
  /** How much longer each is in a slow phase; 1: there are none. */
  readonly slowFactor: number;
}

export const noHiccups: Hiccups = { meanGapMs: Infinity, lengthMs: [0, 0], slowFactor: 1 };

/** How long phases last, evenly distributed between the two. */
const usualMs = [20_000, 60_000] as const;
const slowMs = [10_000, 30_000] as const;

interface Stall {
  readonly beginMs: number;
  readonly endMs: number;
}

/** A machine in virtual time, on which nothing goes on during a hiccup. */
class StallingMachine {
  readonly #hiccups: Hiccups;
  readonly #random: Random;
  readonly #stalls: Stall[] = [];
  #phase = { isSlow: false, untilMs: 0 };
  /** Most questions are about times near the last one. */
  #last = 0;

  constructor(hiccups: Hiccups, seed: number) {
    this.#hiccups = hiccups;
    this.#random = seededRandom(seed);
  }

  /** When work of some length is done that begins at a time. */
  doneAt(beginMs: number, workMs: number): number {
    let atMs = beginMs;
    let leftMs = workMs;
    for (let index = this.#indexAfter(beginMs); ; index += 1) {
      const stall = this.#stallAt(index);
      if (atMs + leftMs <= stall.beginMs) return atMs + leftMs;
      leftMs -= Math.max(0, stall.beginMs - atMs);
      atMs = stall.endMs;
    }
  }

  /** The position of the first stall that ends after a time. */
  #indexAfter(ms: number): number {
    while (this.#last > 0 && this.#stallAt(this.#last - 1).endMs > ms) this.#last -= 1;
    while (this.#stallAt(this.#last).endMs <= ms) this.#last += 1;
    return this.#last;
  }

  #stallAt(index: number): Stall {
    const { meanGapMs, lengthMs, slowFactor } = this.#hiccups;
    for (;;) {
      const known = this.#stalls[index];
      if (known !== undefined) return known;
      const beginMs = (this.#stalls.at(-1)?.endMs ?? 0) - Math.log(1 - this.#random()) * meanGapMs;
      while (beginMs < Infinity && beginMs >= this.#phase.untilMs) {
        const isSlow = this.#phase.untilMs > 0 && !this.#phase.isSlow;
        this.#phase = { isSlow, untilMs: this.#phase.untilMs + this.#between(isSlow ? slowMs : usualMs) };
      }
      const factor = this.#phase.isSlow ? slowFactor : 1;
      this.#stalls.push({ beginMs, endMs: beginMs + this.#between(lengthMs) * factor });
    }
  }

  #between([least, most]: readonly [number, number]): number {
    return least + this.#random() * (most - least);
  }
}

interface Served {
  readonly atMs: number;
  readonly doneMs: number;
}

/** Requests at equal intervals, each with when it came and when its answer did. They find an empty queue at first. */
function* servedBy(
  { slots, serviceMs }: SimulatedServer,
  machine: StallingMachine,
  rate: number,
  beginMs: number,
): Generator<Served, never> {
  const freeAt = Array.from({ length: slots }, () => beginMs);
  for (let count = 0; ; count += 1) {
    const atMs = beginMs + (count / rate) * 1000;
    // At the same service time for all, the slot of the oldest request becomes free first.
    const slot = count % slots;
    const doneMs = machine.doneAt(Math.max(atMs, freeAt[slot] ?? 0), serviceMs);
    freeAt[slot] = doneMs;
    yield { atMs, doneMs };
  }
}

/** What is promised of the time until an answer comes. */
function promiseTo({ serviceMs, limitMs }: SimulatedServer): Objective {
  return parseObjective(`ttft.p95<${serviceMs + limitMs}ms`);
}

const isMissed = ({ serviceMs, limitMs }: SimulatedServer, { atMs, doneMs }: Served): boolean =>
  doneMs - atMs >= serviceMs + limitMs;

/** The highest rate at which at most a share of requests misses the limit in the long run, at a machine with its usual share of slow phases. */
export function longRunLimit(server: SimulatedServer, hiccups: Hiccups, allowedShare: number): number {
  const requests = 200_000;
  let low = 0;
  let high = (server.slots / server.serviceMs) * 1000;
  for (let step = 0; step < 12; step += 1) {
    const rate = (low + high) / 2;
    const served = servedBy(server, new StallingMachine(hiccups, 7), rate, 0);
    let missed = 0;
    for (let count = 0; count < requests; count += 1) if (isMissed(server, served.next().value)) missed += 1;
    if (missed <= allowedShare * requests) low = rate;
    else high = rate;
  }
  return low;
}

/** How long each look takes, in multiples of the first, and the least of its requests from the second on: as the bench does. */
const lengths = [1, 1, 2, 4, 8];
const leastRequests = 75;

/** What a measurement takes besides its warm-up and its window. */
const overheadMs = 300;

/** A server on a machine with hiccups, measured again and again while its time goes on. */
export class DisturbedServer {
  readonly #server: SimulatedServer;
  readonly #machine: StallingMachine;
  #nowMs: number;

  /** @param seed of the machine's hiccups, and of where in its time the measurements begin */
  constructor(server: SimulatedServer, hiccups: Hiccups, seed: number) {
    this.#server = server;
    this.#machine = new StallingMachine(hiccups, seed);
    this.#nowMs = seededRandom(seed)() * 100_000;
  }

  /** One measurement from an empty queue on, after a warm-up of a quarter of its length. */
  measure(load: number, look: number, durationMs: number): Look {
    const planned = durationMs * (lengths[look - 1] ?? 8);
    const windowMs = look === 1 ? planned : Math.max(planned, (leastRequests / load) * 1000);
    const beginMs = this.#nowMs;
    const fromMs = beginMs + windowMs / 4;
    const count = Math.min(64, Math.ceil(windowMs / 100));
    const binMs = windowMs / count;
    const bins = Array.from({ length: count + 1 }, (): TrendBin => ({
      ...{ sent: 0, firstTokens: 0, ttftUs: 0, streamUs: 0, inFlightUs: 0, judged: [0], missed: [0] },
    }));
    let endMs = fromMs + windowMs;
    for (const served of servedBy(this.#server, this.#machine, load, beginMs)) {
      const { atMs, doneMs } = served;
      if (atMs >= fromMs + windowMs) break;
      endMs = Math.max(endMs, doneMs);
      for (let index = Math.max(0, Math.floor((atMs - fromMs) / binMs)); index <= count; index += 1) {
        const binFromMs = fromMs + index * binMs;
        const bin = bins[index];
        if (bin === undefined || binFromMs > doneMs) break;
        bin.inFlightUs += Math.max(0, Math.min(doneMs, binFromMs + binMs) - Math.max(atMs, binFromMs)) * 1000;
      }
      const bin = bins[Math.floor((atMs - fromMs) / binMs)];
      if (bin === undefined) continue;
      bin.sent += 1;
      bin.firstTokens += 1;
      bin.ttftUs += (doneMs - atMs) * 1000;
      bin.judged[0] = (bin.judged[0] ?? 0) + 1;
      if (isMissed(this.#server, served)) bin.missed[0] = (bin.missed[0] ?? 0) + 1;
    }
    this.#nowMs = endMs + overheadMs;
    const trend = { binUs: binMs * 1000, bins };
    const { overload, fillingSeconds } = queueGrowthOf(trend, { warmupMs: windowMs / 4, turns: 1, thinkMs: 0 });
    const run = {
      requests: { completed: bins.reduce((sum, { sent }) => sum + sent, 0) },
      ...(overload !== null && { overload }),
      ...(fillingSeconds !== null && { filling_seconds: fillingSeconds }),
    };
    const search = { objectives: [promiseTo(this.#server)], by: 'rate' } as const;
    return lookOf({ run, trend }, { load, search, ranMs: windowMs * 1.25, longestMs: durationMs * 8 * 1.25 });
  }
}
