import type { CancelTimer, Clock } from '../../../base/clock.js';

/** After this many milliseconds, the threads of a round have found their cores. */
const startMs = 2;

/**
 * Reports rounds, at once or while the next one computes.
 *
 * llama.cpp starts its threads anew for each round. The readers of a report wake up just then: this process, the one
 * that serves HTTP, and a client on the same machine. On a machine with as many threads as cores, a new thread is then
 * put on the core of another thread of its round, which spins until it is preempted: a round of 5 ms takes 8 to 12
 * (benchmarks/serve/README.md).
 *
 *     round 1 ──▶ later(1)    round 2 computes ──(2 ms)──▶ 1 is reported ──▶ later(2)    round 3 computes …
 */
export class RoundReports<Round> {
  readonly #report: (round: Round) => void;
  readonly #clock: Pick<Clock, 'schedule'>;
  #held: Round | null = null;
  #cancelTimer: CancelTimer = () => undefined;

  constructor(report: (round: Round) => void, clock: Pick<Clock, 'schedule'>) {
    this.#report = report;
    this.#clock = clock;
  }

  /** Reports a round, after the one that is being held. */
  now(round: Round): void {
    this.flush();
    this.#report(round);
  }

  /** Holds a round until the next one computes. */
  later(round: Round): void {
    this.flush();
    this.#held = round;
  }

  /** The next round has just begun to compute. */
  computing(): void {
    if (this.#held === null) return;
    this.#cancelTimer = this.#clock.schedule(startMs, () => {
      this.flush();
    });
  }

  /** Reports the held round, if there is one. */
  flush(): void {
    this.#cancelTimer();
    const round = this.#held;
    this.#held = null;
    if (round !== null) this.#report(round);
  }
}
