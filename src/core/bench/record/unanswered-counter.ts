import type { UnansweredRequest } from '../client/outcome.js';
import type { RunPart } from './run-part.js';

/** Error codes come from servers. Beyond this number, the rest is counted as `other`. */
const mostErrorCodes = 50;

/** Counts the requests that the server refused, failed, or did not answer in time. */
export class UnansweredCounter {
  readonly #requests = { refused: 0, failed: 0, timed_out: 0 };
  readonly #errors = new Map<string, { count: number; message: string }>();

  add(status: 'refused' | 'failed' | 'timed_out', { code: told, message }: UnansweredRequest): void {
    this.#requests[status] += 1;
    const code = this.#errors.size < mostErrorCodes || this.#errors.has(told) ? told : 'other';
    const error = this.#errors.get(code);
    if (error === undefined) this.#errors.set(code, { count: 1, message });
    else error.count += 1;
  }

  get all(): number {
    return this.#requests.refused + this.#requests.failed + this.#requests.timed_out;
  }

  get counts(): Pick<RunPart, 'refused' | 'failed' | 'timedOut' | 'errors'> {
    const { refused, failed, timed_out: timedOut } = this.#requests;
    return { refused, failed, timedOut, errors: Object.fromEntries(this.#errors) };
  }
}
