import type { InferenceJob } from '../../inference/queue/inference-job.js';
import type { QueueEntry } from '../../scheduler/jobs/job.js';
import type { Standing, Turn } from '../messages.js';
import { type Held, newHeld } from './held-request.js';

/** The requests of one front in a line: those that wait, and those that run. */
export class HeldRequests {
  readonly #held = new Map<string, Held>();

  get size(): number {
    return this.#held.size;
  }

  get all(): readonly Held[] {
    return [...this.#held.values()];
  }

  /** In the order in which they were admitted. */
  get waiting(): readonly Held[] {
    return this.all.filter(({ job }) => job.status === 'waiting');
  }

  /** Prompt tokens of all waiting requests. */
  get queuedTokens(): number {
    return this.waiting.reduce((sum, { job }) => sum + job.promptTokens, 0);
  }

  get(id: string): Held | undefined {
    return this.#held.get(id);
  }

  add(job: InferenceJob): void {
    this.#held.set(job.id, newHeld(job));
  }

  remove(id: string): void {
    this.#held.delete(id);
  }

  count(status: InferenceJob['status']): number {
    let count = 0;
    for (const { job } of this.#held.values()) if (job.status === status) count += 1;
    return count;
  }

  /** The line has accepted a request. */
  take(id: string, turn: Turn): Held | undefined {
    const held = this.#held.get(id);
    if (held !== undefined) held.turn = turn;
    return held;
  }

  /** The line has reported the places of requests. Requests that it does not name keep their places. */
  stand(places: readonly Standing[]): void {
    for (const [id, position, etaMs, waitsFor] of places) {
      const held = this.#held.get(id);
      if (held !== undefined) held.standing = { view: { position, etaMs }, waitsFor };
    }
  }

  /** Waiting requests whose places are known, in the order of the line. */
  *entries(nowMs: number): Generator<QueueEntry<InferenceJob>> {
    const entries = this.waiting.flatMap(({ job, standing }) => (standing === null ? [] : [{ job, ...standing.view }]));
    for (const entry of entries.toSorted((one, other) => one.position - other.position)) {
      yield { ...entry, waitedMs: nowMs - entry.job.admittedMs };
    }
  }
}
