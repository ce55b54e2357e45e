import type { CompletedRequest } from '../../client/outcome.js';
import { servedSince } from './served-since.js';

/** What a server did in a stage. */
interface ServedInStage {
  /** From 0. */
  readonly stage: number;
  readonly requests: number;
  readonly tokens: number;
}

/** The stages of a rate that changes, on the common clock. */
export class StageTimes {
  /** The beginning of each stage, and the end of the last one, in microseconds. */
  readonly #boundsUs: readonly number[];

  /** @param beginUs end of the warm-up */
  constructor(beginUs: number, durationsMs: readonly number[]) {
    const bounds = [beginUs];
    for (const ms of durationsMs) bounds.push((bounds.at(-1) ?? beginUs) + ms * 1000);
    this.#boundsUs = bounds;
  }

  /** Whether there are any. */
  get areThere(): boolean {
    return this.#boundsUs.length > 1;
  }

  /** The stage in which a moment lies, from 0; the last one for a moment after all of them. */
  at(us: number): number {
    const next = this.#boundsUs.findIndex((bound, index) => index > 0 && us < bound);
    return (next === -1 ? this.#boundsUs.length - 1 : next) - 1;
  }

  /**
   * The stages in which a request was answered: those in which its chunks arrived. Chunks after all stages belong to
   * none.
   */
  servedIn(request: CompletedRequest): readonly ServedInStage[] {
    const since = this.#boundsUs.map((bound) => servedSince(bound, request));
    return since.slice(0, -1).flatMap(({ requests, tokens }, stage) => {
      const later = since[stage + 1] ?? { requests: 0, tokens: 0 };
      const own = { stage, requests: requests - later.requests, tokens: tokens - later.tokens };
      return own.requests > 0 ? [own] : [];
    });
  }
}
