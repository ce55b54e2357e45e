import type { Random } from '../../src/core/base/random.js';

/** How a machine disturbs what runs on it. */
export interface Noise {
  /** Standard deviation of the machine's speed over time, as a share. */
  readonly drift: number;
  /** Time after which the speed is independent of what it was: an Ornstein–Uhlenbeck process on the logarithm. */
  readonly driftMs: number;
  /** Mean time between two stalls, in which nothing runs at all. */
  readonly stallEveryMs: number;
  /** Longest stall; their lengths are uniform up to that. */
  readonly longestStallMs: number;
}

interface Stall {
  readonly fromMs: number;
  readonly toMs: number;
}

const stepMs = 1000;

/** A machine in virtual time, whose speed drifts and which stalls now and then. */
export class NoisyMachine {
  readonly #noise: Noise;
  readonly #random: Random;
  /** Logarithm of how slow it is, once a second. */
  readonly #drift: number[] = [];
  readonly #stalls: Stall[] = [];

  constructor(noise: Noise, random: Random) {
    this.#noise = noise;
    this.#random = random;
  }

  /** When work ends that begins at `fromMs` and takes `workMs` on an undisturbed machine of average speed. */
  endOf(fromMs: number, workMs: number): number {
    let endMs = fromMs + workMs * this.#slownessAt(fromMs);
    this.#makeStalls(endMs);
    for (const { fromMs: stallMs, toMs } of this.#stalls) {
      if (toMs <= fromMs) continue;
      if (stallMs >= endMs) break;
      endMs += toMs - Math.max(stallMs, fromMs);
    }
    return endMs;
  }

  #slownessAt(atMs: number): number {
    const { drift, driftMs } = this.#noise;
    const step = Math.floor(atMs / stepMs);
    const kept = Math.exp(-stepMs / driftMs);
    while (this.#drift.length <= step) {
      const last = this.#drift.at(-1);
      const next = standardNormal(this.#random) * drift;
      this.#drift.push(last === undefined ? next : last * kept + next * Math.sqrt(1 - kept * kept));
    }
    return Math.exp(this.#drift[step] ?? 0);
  }

  #makeStalls(untilMs: number): void {
    const { stallEveryMs, longestStallMs } = this.#noise;
    for (;;) {
      const last = this.#stalls.at(-1)?.toMs ?? 0;
      if (last > untilMs + longestStallMs) return;
      const fromMs = last - stallEveryMs * Math.log(1 - this.#random());
      this.#stalls.push({ fromMs, toMs: fromMs + longestStallMs * this.#random() });
    }
  }
}

/** Box and Muller, 1958. */
export function standardNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
