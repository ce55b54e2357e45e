import type { CompletedRequest } from '../../client/outcome.js';

/** Answers by the server behind the one that was asked. */
export type ExecutorCounts = Readonly<Record<string, number>>;

/** Names come from servers. Beyond this number, the rest is counted as `other`. */
const mostNames = 100;

/** Counts which server answered, as far as answers say so. */
export class ExecutorCounter {
  readonly #counts = new Map<string, number>();

  /** As plain data. */
  get counts(): ExecutorCounts {
    return Object.fromEntries(this.#counts);
  }

  add({ executor }: CompletedRequest): void {
    if (executor === undefined) return;
    const name = this.#counts.has(executor) || this.#counts.size < mostNames ? executor : 'other';
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }
}
