import type { Clock } from '../../base/clock.js';
import { ChatstreamError } from '../../base/errors.js';
import { upstreamFailedError } from '../../base/refusals/upstream-refusals.js';
import { type Capacity, hasPlacesFor } from '../../executor/executor.js';
import { fingerprintsOf, PrefixMemory } from '../../executor/prefix-memory.js';
import { chooseExecutor } from '../../executor/routing.js';
import { type ExchangeListener, reportOf } from '../../executor/upstream/exchange/exchange.js';
import type { Failure, WholeAnswer } from '../../executor/upstream/exchange/failure.js';
import type { RequestEvents } from '../../inference/request-events.js';
import { withMember } from '../jobs/json-text.js';
import { canGoOn, type RelayExecutor } from '../jobs/relay-executor.js';
import { anyModel, type RelayJob } from '../jobs/relay-job.js';
import { AnswerCounts } from './answer-counts.js';
import { isWorthRetrying } from './retries.js';

export interface AttemptsOptions {
  readonly executors: readonly RelayExecutor[];
  readonly clock: Clock;
  readonly events: RequestEvents;
  /** What an upstream can do for a model, without what is reserved for another request. */
  readonly capacityOf: (executor: RelayExecutor, model: string) => Capacity;
  /** A job has ended: its place in the line is free. */
  readonly onEnded: (job: RelayJob) => void;
  /** A job has failed before its first token, and is to be tried again. */
  readonly onRetry: (job: RelayJob) => void;
}

/** The jobs in the processing queue: sends them to upstreams, to another one where the first fails, and counts their tokens. */
export class Attempts {
  readonly #options: AttemptsOptions;
  readonly #counts: AnswerCounts;
  readonly #memory = new PrefixMemory();
  readonly #running = new Map<string, RelayJob>();

  constructor(options: AttemptsOptions) {
    this.#options = options;
    this.#counts = new AnswerCounts(options.clock, options.events);
  }

  get running(): Iterable<RelayJob> {
    return this.#running.values();
  }

  isRunning(job: RelayJob): boolean {
    return this.#running.get(job.id) === job;
  }

  /** A job leaves the request queue. */
  start(job: RelayJob, queueMs: number): void {
    job.queueMs = queueMs;
    job.startedMs = this.#options.clock.now();
    this.#running.set(job.id, job);
    this.#options.events.started(job, queueMs);
    job.listener.started();
  }

  /** Sends a running job to an upstream with free places for it. @returns whether there is one */
  send(job: RelayJob): boolean {
    const { executors, capacityOf } = this.#options;
    const able = executors.filter((executor) => canGoOn(executor, job));
    const prints = able.length > 1 ? fingerprintsOf(job.request.body) : [];
    const executor = chooseExecutor(
      able,
      job.failedAt,
      ({ name }) => this.#memory.sameShare(prints, name),
      undefined,
      (each) => hasPlacesFor(capacityOf(each, job.model), job.places),
    );
    if (executor === null) return false;
    this.#memory.remember(prints, executor.name);
    job.executor = executor.name;
    job.attempts += 1;
    const { path, headers, isResumable } = job.request;
    const isResumption = job.resumePoint !== null;
    // It cannot run more of them at once.
    const places = Math.min(job.places, executor.forModel(job.model).places);
    job.cancelAttempt = executor.run(
      { model: job.model, path, headers, body: bodyFor(job, executor), isResumable, isResumption, places },
      this.#listener(job, executor.name),
    );
    return true;
  }

  /** Ends a running job whose client has left. */
  cancel(job: RelayJob): void {
    this.#forget(job);
    job.cancelAttempt?.();
    this.#options.events.settled(job, 'cancelled_running', null);
  }

  /**
   * Ends a running job.
   *
   * @param cause for the log, if it says more than clients should know
   */
  fail(job: RelayJob, error: ChatstreamError, cause = error): void {
    this.#forget(job);
    job.cancelAttempt?.();
    this.#options.events.settled(job, 'failed', cause, this.#counts.costsOf(job));
    job.listener.failed(error);
    this.#options.onEnded(job);
  }

  #listener(job: RelayJob, executor: string): ExchangeListener {
    return {
      whole: (answer, usage) => {
        if (job.resumePoint === null) {
          this.#counts.countAnswer(job, usage);
          const { decodeMs } = usage;
          job.cameAtOnce(decodeMs === undefined ? null : this.#options.clock.now() - decodeMs);
          this.#endWhole(job, answer, null);
          return;
        }
        const reason = `it does not resume the answer (${answer.status})`;
        this.#failed(job, { type: 'unfit', reason }, executor);
      },
      begun: (answer) => {
        this.#counts.countFirst(job);
        job.unplacedSinceMs = null;
        // For the client, an answer that is resumed continues.
        if (job.resumePoint !== null) return;
        if (answer !== null) job.resumePoint = { answer, tokens: [], state: null };
        job.listener.begun(executor);
      },
      data: (chunk, tokens, progress) => {
        if (progress !== undefined) job.advance(progress);
        if ((progress?.tokens.length ?? tokens) > 0) job.lastTokenMs = this.#options.clock.now();
        this.#counts.countTokens(job, tokens);
        job.listener.data(chunk);
      },
      ended: (usage, error) => {
        this.#counts.countAnswer(job, usage);
        const timings = job.timings(this.#options.clock.now());
        this.#forget(job);
        if (error === null) this.#options.events.settled(job, 'completed', null, timings);
        else {
          const cause = new ChatstreamError('upstream_failed', `${executor}: ${reportOf(error.message)}`);
          this.#options.events.settled(job, 'failed', cause, timings);
        }
        job.listener.ended();
        this.#options.onEnded(job);
      },
      failed: (failure) => {
        this.#failed(job, failure, executor);
      },
    };
  }

  #failed(job: RelayJob, failure: Failure, executor: string): void {
    job.cancelAttempt = null;
    const code = failure.type === 'timed_out' ? 'queue_timeout' : 'upstream_failed';
    const cause = new ChatstreamError(code, `${executor}: ${failure.reason}`);
    if (job.firstTokenMs !== null && job.resumePoint === null) {
      this.fail(job, upstreamFailedError(job.outputTokens), cause);
      return;
    }
    if (failure.type !== 'busy' && failure.type !== 'timed_out') job.failedAt.add(executor);
    // Nothing was sent: that is no attempt.
    if (failure.type === 'unreachable') job.attempts -= 1;
    if (isWorthRetrying(job, failure, this.#options.executors)) {
      this.#options.onRetry(job);
      return;
    }
    if ('answer' in failure && job.firstTokenMs === null) this.#endWhole(job, failure.answer, cause);
    else this.fail(job, upstreamFailedError(job.outputTokens), cause);
  }

  /** Passes on an answer that came as one body. */
  #endWhole(job: RelayJob, answer: WholeAnswer, failure: ChatstreamError | null): void {
    const isAnswered = failure === null && answer.status < 400;
    const timings = isAnswered ? job.timings(this.#options.clock.now()) : this.#counts.costsOf(job);
    this.#forget(job);
    if (failure !== null) {
      const outcome = failure.code === 'queue_timeout' ? 'timed_out' : 'failed';
      this.#options.events.settled(job, outcome, failure, timings);
    } else if (!isAnswered) {
      const error = new ChatstreamError('invalid_request', `The upstream refused the request (${answer.status}).`);
      this.#options.events.settled(job, 'refused', error, timings);
    } else this.#options.events.settled(job, 'completed', null, timings);
    job.listener.whole(answer, job.executor ?? '');
    this.#options.onEnded(job);
  }

  /** The first step of every end, so that no listener can end the job a second time. */
  #forget(job: RelayJob): void {
    job.unwatch();
    this.#running.delete(job.id);
  }
}

/** The body unchanged, unless the upstream knows the model by another name, or has to continue an answer. */
function bodyFor({ request, line, resumePoint }: RelayJob, executor: RelayExecutor): string {
  const { model } = line;
  const wanted = model === anyModel ? request.model : (executor.upstreamName(model) ?? model);
  const body = wanted === null || wanted === request.model ? request.body : request.bodyFor(wanted);
  if (resumePoint === null) return body;
  const { state, ...known } = resumePoint;
  return withMember(body, 'resume', state === null ? known : { ...known, state });
}
