import type { Llama } from 'node-llama-cpp';
import type { Clock } from '../../../base/clock.js';
import type { RoundWork, ThreadGovernor } from '../../threads/thread-governor.js';

/** Sets the number of compute threads for each round. The library applies it to the next decode. */
export class RoundThreads {
  readonly #llama: Pick<Llama, 'maxThreads' | 'gpu'>;
  readonly #governor: ThreadGovernor | null;
  readonly #clock: Clock;

  /** @param governor null if the number never changes */
  constructor(llama: Pick<Llama, 'maxThreads' | 'gpu'>, governor: ThreadGovernor | null, clock: Clock) {
    this.#llama = llama;
    this.#governor = governor;
    this.#clock = clock;
  }

  /** The numbers of threads in use, in ascending order. */
  get inUse(): readonly number[] {
    return this.#governor === null ? [this.#llama.maxThreads] : this.#governor.inUse;
  }

  /** Whether the last round that began computes on several threads, which llama.cpp starts for it. */
  get startsThreads(): boolean {
    return this.#llama.gpu === false && this.#llama.maxThreads !== 1;
  }

  begin(work: RoundWork): void {
    if (this.#governor !== null) this.#llama.maxThreads = this.#governor.threadsFor(work, this.#clock.now());
  }

  /** @param ms see `ThreadGovernor.observe` */
  end(work: RoundWork, ms: number): void {
    this.#governor?.observe(work, ms, this.#clock.now());
  }
}
