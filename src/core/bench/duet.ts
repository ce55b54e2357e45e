import { type Extension, sideBySide } from './load/job/extension.js';
import type { LoadJob } from './load/job/load-job.js';

/** One of the two servers. */
export type Role = 'candidate' | 'baseline';

/**
 * Two runs that begin and end together, one for each of two servers ("duet benchmarking", Bulej et al., ICPE 2020).
 * Anything that disturbs the machine meanwhile disturbs both, and hardly changes their ratio.
 *
 * ```text
 *             prepare          both send                           wait for the last answers
 * candidate   ▒▒▒▒▒▒▒▒────────┐▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓ its 40th of 40   ┐ ░░░
 * baseline    ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒─┘▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓ its 33rd is last ┘ ░░░░
 * ```
 *
 * If one of them fails, the other is aborted, because alone it would be measured under a different load. Both are sent
 * from one thread, so that the load generator is equally late for both.
 */
export class Duet {
  readonly #extensions: Readonly<Record<Role, Extension | null>>;
  /** 1 as soon as either run has begun all of its requests. */
  readonly #commonEnd = new Int32Array(1);
  readonly #failure = new AbortController();
  #begin: () => void = () => undefined;
  readonly #begun = new Promise<void>((resolve) => {
    this.#begin = resolve;
  });
  #missing = 2;

  /** @param extension of one run */
  constructor(extension: Extension | null) {
    const [candidate, baseline] = extension === null ? [null, null] : sideBySide(extension);
    this.#extensions = { candidate, baseline };
  }

  /** Aborted when one of the two has failed. */
  get failed(): AbortSignal {
    return this.#failure.signal;
  }

  /**
   * The job of one of them, which ends when the other's does. An open loop needs nothing for that: both have the same
   * schedule, and a common end would cut off the last requests of the one that is slightly later.
   */
  joined(job: LoadJob, role: Role): LoadJob {
    const own = { ...job, extension: this.#extensions[role] };
    return job.shape.type === 'open' ? own : { ...own, commonEnd: this.#commonEnd };
  }

  /** Says that one of them is ready. Resolves when both are, or when the other has failed. */
  async ready(): Promise<void> {
    this.#missing -= 1;
    if (this.#missing === 0) this.#begin();
    await this.#begun;
  }

  fail(): void {
    this.#failure.abort();
    this.#begin();
  }
}
