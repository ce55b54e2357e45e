import type { GenerationSpec, Token } from '../engine/engine.js';
import { type Demand, noKey } from '../scheduler/demand.js';
import { Job } from '../scheduler/job.js';
import { usualClass } from '../scheduler/traffic-class.js';
import type { AnswerPlan } from './answer-plans.js';
import type { AnswerListener, InferenceRequest, Timings } from './request.js';

type Phase =
  | { readonly status: 'waiting' }
  | { readonly status: 'prefilling'; readonly queueMs: number; readonly startedMs: number }
  | {
      readonly status: 'decoding';
      readonly queueMs: number;
      readonly startedMs: number;
      readonly firstTokenMs: number;
    };

/** One request on its way from the request queue through the engine, with the times that it has taken so far. */
export class InferenceJob extends Job {
  phase: Phase = { status: 'waiting' };
  override readonly deadlineMs: number | null;
  slot: number | null = null;
  /** The engine that has begun it last, where there are several. */
  executor: string | null = null;
  cachedTokens = 0;
  /** How much of the prompt has been read; null until the engine tells, which it does if it takes several rounds. */
  prefilledTokens: number | null = null;
  outputTokens = 0;
  reasoningTokens = 0;
  lastTokenMs = 0;
  readonly #demand: Demand;
  #stopWatching: () => void = () => undefined;

  constructor(
    readonly request: InferenceRequest,
    readonly prompt: readonly Token[],
    readonly plan: AnswerPlan,
    readonly listener: AnswerListener,
    readonly arrivedMs: number,
  ) {
    super();
    this.deadlineMs = request.deadlineMs === undefined ? null : arrivedMs + request.deadlineMs;
    const { key = noKey, payer, trafficClass = usualClass, maxTokens } = request;
    this.#demand = {
      ...{ key, trafficClass, maxTokens, promptTokens: prompt.length },
      ...(payer !== undefined && { payer }),
    };
  }

  override get demand(): Demand {
    return this.#demand;
  }

  get id(): string {
    return this.request.id;
  }

  get promptTokens(): number {
    return this.prompt.length;
  }

  get spec(): GenerationSpec {
    const { id, maxTokens, minTokens, sampling, stop, stopTokens, ignoreEos, format } = this.request;
    const { inputLengths, logprobs, resumeAfter = [] } = this.request;
    const { marks, thoughtLimit } = this.plan;
    const ends = { maxTokens, minTokens, stop, stopTokens, ignoreEos, thoughtLimit };
    return {
      ...{ id, prompt: this.prompt, sampling, format, ...ends, marks, resumeAfter },
      ...(inputLengths !== undefined && { inputLengths }),
      ...(logprobs !== undefined && { logprobs }),
      ...(resumeAfter.length > 0 && { foreignTokens: resumeAfter.length }),
    };
  }

  /** Calls `leave` when the client leaves, until {@link unwatch}. */
  watch(client: AbortSignal, leave: () => void): void {
    client.addEventListener('abort', leave, { once: true });
    this.#stopWatching = () => {
      client.removeEventListener('abort', leave);
    };
  }

  unwatch(): void {
    this.#stopWatching();
  }

  /** @returns for the first token, the time from the start to it in milliseconds; null for the others */
  countToken(nowMs: number): number | null {
    this.outputTokens += 1;
    this.lastTokenMs = nowMs;
    const { phase } = this;
    if (phase.status !== 'prefilling') return null;
    this.phase = { ...phase, status: 'decoding', firstTokenMs: nowMs };
    return nowMs - phase.startedMs;
  }

  timings(nowMs: number): Timings {
    const { phase } = this;
    const tokens = {
      promptTokens: this.promptTokens,
      cachedTokens: this.cachedTokens,
      outputTokens: this.outputTokens,
      reasoningTokens: this.reasoningTokens,
      ...(this.executor !== null && { executor: this.executor }),
    };
    switch (phase.status) {
      case 'waiting':
        return { queueMs: nowMs - this.admittedMs, prefillMs: 0, decodeMs: 0, ...tokens };
      case 'prefilling':
        return { queueMs: phase.queueMs, prefillMs: nowMs - phase.startedMs, decodeMs: 0, ...tokens };
      case 'decoding':
        return {
          queueMs: phase.queueMs,
          prefillMs: phase.firstTokenMs - phase.startedMs,
          decodeMs: this.lastTokenMs - phase.firstTokenMs,
          ...tokens,
        };
    }
  }
}
