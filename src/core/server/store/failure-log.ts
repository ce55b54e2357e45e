import type { Clock } from '../../base/clock.js';
import { freeBytes } from '../../base/files/free-bytes.js';
import type { Logger } from '../../base/logger.js';

/** While the store fails, a warning is logged this often, in milliseconds. */
const warnEveryMs = 60_000;

/** Tells the operator that the store fails, from time to time instead of with each request, and that it works again. */
export class FailureLog {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #failures = 0;
  #warnedMs: number | null = null;

  constructor({ path, clock, logger }: { readonly path: string; readonly clock: Clock; readonly logger: Logger }) {
    this.#path = path;
    this.#clock = clock;
    this.#logger = logger;
  }

  failed(reason: string): void {
    this.#failures += 1;
    const nowMs = this.#clock.now();
    if (this.#warnedMs !== null && nowMs < this.#warnedMs + warnEveryMs) return;
    this.#warnedMs = nowMs;
    void this.#warn({ store: this.#path, reason, failures: this.#failures });
  }

  succeeded(): void {
    if (this.#failures === 0) return;
    this.#logger.info({ store: this.#path, failures: this.#failures }, 'the store works again');
    this.#failures = 0;
    this.#warnedMs = null;
  }

  async #warn(fields: object): Promise<void> {
    const message = 'the store fails: responses are answered, but not kept';
    this.#logger.warn({ ...fields, free_bytes: await freeBytes(this.#path) }, message);
  }
}
