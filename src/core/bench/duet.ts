import type { Extension } from './load/extension.js';
import type { LoadJob } from './load/load-generator.js';

/**
 * Two runs that begin and end together, one for each of two servers ("duet benchmarking", Bulej et al., ICPE 2020): what
 * disturbs the machine meanwhile disturbs both, and hardly changes their ratio.
 *
 * ```text
 *             prepare          both send                           wait for the last answers
 * candidate   ▒▒▒▒▒▒▒▒────────┐▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓ its 40th of 40   ┐ ░░░
 * baseline    ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒─┘▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓ its 33rd is last ┘ ░░░░
 * ```
 *
 * If one of them fails, the other is aborted: alone it would be measured under another load.
 */
export class Duet {
  /** What the jobs of both have in common, so that neither goes on when the other has ended. */
  readonly shared: Pick<LoadJob, 'extension' | 'commonEnd'>;
  readonly #failure = new AbortController();
  #begin: () => void = () => undefined;
  readonly #begun = new Promise<void>((resolve) => {
    this.#begin = resolve;
  });
  #missing = 2;

  /** @param extension of one run */
  constructor(extension: Extension | null) {
    this.shared = {
      extension: extension === null ? null : { ...extension, requests: 2 * extension.requests },
      commonEnd: new Int32Array(new SharedArrayBuffer(4)),
    };
  }

  /** Aborted when one of the two has failed. */
  get failed(): AbortSignal {
    return this.#failure.signal;
  }

  /** One of them is ready. Resolves when both are, or when the other has failed. */
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
