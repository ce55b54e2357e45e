import type { RequestOutcome } from '../../client/outcome.js';
import { type Rejection, rejectionIn } from '../../client/rejection.js';

/** A single request may have been rejected because of its prompt. */
const enough = 5;

/**
 * Finds out from the answers to the first requests of a run, including those of the warm-up, whether the server rejects
 * all of them. It considers the requests that were sent first, not those that were answered first, because rejections
 * arrive sooner than answers.
 */
export class FirstAnswers {
  #sent = 0;
  #rejected = 0;
  #rejection: Rejection | null = null;

  /** Registers a request that is about to be sent. @returns whether {@link end} needs its outcome */
  begin(): boolean {
    if (this.#sent === enough) return false;
    this.#sent += 1;
    return true;
  }

  end(outcome: RequestOutcome): void {
    const rejection = rejectionIn(outcome);
    if (rejection === null) return;
    this.#rejected += 1;
    this.#rejection ??= rejection;
  }

  /** Why the first requests were all rejected; null if they were not, or if that is not known yet. */
  get rejection(): Rejection | null {
    return this.#rejected === enough ? this.#rejection : null;
  }

  /** The same at the end of a run, which may have had fewer requests. */
  get finalRejection(): Rejection | null {
    return this.#rejected === this.#sent ? this.#rejection : null;
  }
}
