import type { Clock } from '../../base/clock.js';
import type { Usage } from '../../executor/upstream/exchange/answer-watch.js';
import type { Timings } from '../../inference/request.js';
import type { RequestEvents } from '../../inference/request-events.js';
import type { RelayJob } from '../jobs/relay-job.js';

/**
 * A longer answer counts as this many tokens, because an upstream that reports more is wrong, and counting each takes
 * time.
 */
const mostTokens = 1_000_000;

/** Counts what the answers of jobs have: their tokens, for the line as well, and the times of the first and the last one. */
export class AnswerCounts {
  readonly #clock: Clock;
  readonly #events: RequestEvents;

  constructor(clock: Clock, events: RequestEvents) {
    this.#clock = clock;
    this.#events = events;
  }

  /** Its first token has arrived, if it had none. */
  countFirst(job: RelayJob): void {
    if (job.firstTokenMs !== null) return;
    const nowMs = this.#clock.now();
    job.firstTokenMs = nowMs;
    job.lastTokenMs = nowMs;
    this.#events.firstToken(job, nowMs - job.startedMs);
  }

  /** Tokens that have just come. */
  countTokens(job: RelayJob, tokens: number): void {
    if (tokens <= 0) return;
    for (let token = 0; token < Math.min(tokens, mostTokens); token += 1) job.line.scheduler.countOutput(job);
    job.outputTokens += tokens;
  }

  /** The upstream's own counts, where it has any. */
  countAnswer(job: RelayJob, { promptTokens, cachedTokens, outputTokens }: Usage): void {
    job.promptTokens = promptTokens ?? job.promptTokens;
    if (cachedTokens !== null) {
      // What an upstream says may contradict itself, and the prompt may only be estimated.
      job.cachedTokens = Math.min(cachedTokens, job.promptTokens);
      job.line.scheduler.countCached(job, job.cachedTokens);
    }
    if (outputTokens === null) return;
    this.countTokens(job, outputTokens - job.outputTokens);
    job.outputTokens = outputTokens;
  }

  /**
   * What a job without an answer has cost. The time before its first token does not count as prefill if none arrived.
   */
  costsOf(job: RelayJob): Timings {
    const timings = job.timings(this.#clock.now());
    return job.firstTokenMs === null ? { ...timings, prefillMs: 0 } : timings;
  }
}
