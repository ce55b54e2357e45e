import type { ChatstreamError } from '../../base/errors.js';
import type { AnswerPart } from '../../engine/dialects/answer.js';
import type { GenerationSpec, Token } from '../../engine/engine.js';
import type { PromptLogprob } from '../../engine/token-logprob.js';
import type { TurningAway } from '../../scheduler/jobs/job.js';
import type { AnswerPlan } from '../answers/answer-plans.js';
import { leastTokens } from '../answers/least-tokens.js';
import { ClientJob } from '../client-job.js';
import type { AnswerListener, InferenceRequest, Timings } from '../request.js';

type Phase =
  | { readonly status: 'waiting' }
  | { readonly status: 'prefilling'; readonly queueMs: number; readonly startedMs: number }
  | {
      readonly status: 'decoding';
      readonly queueMs: number;
      readonly startedMs: number;
      readonly firstTokenMs: number;
    };

/** Why a request was turned away, and when. */
export interface Refusal {
  readonly stage: TurningAway;
  readonly error: ChatstreamError;
}

/** The refusal of one of several jobs that are only useful together; null if none was turned away. */
export function refusalAmong(jobs: readonly InferenceJob[]): Refusal | null {
  return jobs.find(({ refusal }) => refusal !== null)?.refusal ?? null;
}

/** One request on its way from the request queue through the engine, with the times that it has taken so far. */
export class InferenceJob extends ClientJob<InferenceRequest> {
  phase: Phase = { status: 'waiting' };
  /** Inputs for embeddings would have to be computed again. */
  override readonly canPause: boolean;
  /** Why it was turned away; null unless it was. */
  refusal: Refusal | null = null;
  /** Whether an engine has begun it. */
  hasBegun = false;
  /** Null while it has none: before an engine has chosen one, and after a pause or a restart of the engine again. */
  slot: number | null = null;
  /** The engine that began it last, if there are several. */
  executor: string | null = null;
  cachedTokens = 0;
  /**
   * How much of the prompt has been read; null until the engine reports it, which it does if reading takes several
   * rounds.
   */
  prefilledTokens: number | null = null;
  outputTokens = 0;
  /** See {@link Timings}. */
  foreignTokens = 0;
  reasoningTokens = 0;
  lastTokenMs = 0;
  /** The name under which the engine knows its generation: another one after a pause. */
  generationId: string;
  /** When it was paused; null unless it is. */
  pausedAtMs: number | null = null;
  #pausedMs = 0;
  /** The tokens of its output so far; null if it is never paused. */
  readonly #tokens: Token[] | null;
  /** The probabilities of the prompt's tokens, until they are passed on. */
  readonly #ratings: PromptLogprob[] = [];

  constructor(
    request: InferenceRequest,
    readonly prompt: readonly Token[],
    readonly plan: AnswerPlan,
    readonly listener: AnswerListener,
    arrivedMs: number,
    contextLength = Infinity,
  ) {
    const minTokens = leastTokens(request, contextLength - prompt.length);
    super(request, { promptTokens: prompt.length, minTokens }, arrivedMs);
    this.generationId = request.id;
    this.canPause = request.inputLengths === undefined;
    this.#tokens = request.trafficClass === 'batch' ? [] : null;
  }

  get promptTokens(): number {
    return this.prompt.length;
  }

  get spec(): GenerationSpec {
    const { maxTokens, minTokens, sampling, stop, stopTokens, ignoreEos, format } = this.request;
    const { inputLengths, logprobs, ratesPrompt, resumeAfter: foreign = [] } = this.request;
    const { marks, thoughtLimit } = this.plan;
    return {
      id: this.generationId,
      prompt: this.prompt,
      sampling,
      format,
      maxTokens,
      minTokens,
      stop,
      stopTokens,
      ignoreEos,
      thoughtLimit,
      marks,
      resumeAfter: [...foreign, ...(this.#tokens ?? [])],
      ...(inputLengths !== undefined && { inputLengths }),
      ...(logprobs !== undefined && { logprobs }),
      ...(ratesPrompt === true && { ratesPrompt }),
      ...(foreign.length > 0 && { foreignTokens: foreign.length }),
    };
  }

  /**
   * Its generation ends here. The next one begins after its last token, under a new name: rounds that are under way
   * may still bring tokens of this one, which the next one will generate again.
   */
  pause(nowMs: number): void {
    this.pausedAtMs = nowMs;
    this.generationId = `${this.id}-resumed`;
    this.slot = null;
    this.prefilledTokens = null;
  }

  resume(nowMs: number): void {
    if (this.pausedAtMs === null) return;
    const ms = nowMs - this.pausedAtMs;
    this.pausedAtMs = null;
    this.#pausedMs += ms;
    this.lastTokenMs += ms;
    this.phase = laterBy(ms, this.phase);
  }

  /** Must be called for each token that the engine reports. */
  keepToken(token: Token): void {
    this.#tokens?.push(token);
  }

  /** @returns for the first token, the time from the start to it in milliseconds; null for the others */
  countToken(nowMs: number): number | null {
    this.outputTokens += 1;
    this.lastTokenMs = nowMs;
    const { phase } = this;
    if (phase.status !== 'prefilling') return null;
    const { queueMs, startedMs } = phase;
    this.phase = { status: 'decoding', queueMs, startedMs, firstTokenMs: nowMs };
    return nowMs - startedMs;
  }

  /** @param from where in the prompt they begin: an engine that was restarted begins again */
  addRatings(from: number, tokens: readonly PromptLogprob[]): void {
    this.#ratings.splice(from, this.#ratings.length - from, ...tokens);
  }

  /** The ratings of the whole prompt, once; nothing if they were not requested. */
  takeRatings(): readonly AnswerPart[] {
    const tokens = this.#ratings.splice(0);
    return tokens.length === 0 ? [] : [{ type: 'prompt', tokens }];
  }

  timings(nowMs: number): Timings {
    const { phase } = this;
    const untilMs = this.pausedAtMs ?? nowMs;
    const pausedMs = this.#pausedMs + nowMs - untilMs;
    const tokens = {
      promptTokens: this.promptTokens,
      cachedTokens: this.cachedTokens,
      outputTokens: this.outputTokens,
      ...(this.foreignTokens > 0 && { foreignTokens: this.foreignTokens }),
      reasoningTokens: this.reasoningTokens,
      ...(this.executor !== null && { executor: this.executor }),
      ...(pausedMs > 0 && { pausedMs }),
    };
    switch (phase.status) {
      case 'waiting':
        return { queueMs: nowMs - this.admittedMs, prefillMs: 0, decodeMs: 0, ...tokens };
      case 'prefilling':
        return { queueMs: phase.queueMs, prefillMs: untilMs - phase.startedMs, decodeMs: 0, ...tokens };
      case 'decoding': {
        const idleMs = untilMs - this.lastTokenMs;
        return {
          queueMs: phase.queueMs,
          prefillMs: phase.firstTokenMs - phase.startedMs,
          decodeMs: this.lastTokenMs - phase.firstTokenMs,
          ...tokens,
          ...(idleMs > 0 && { idleMs }),
        };
      }
    }
  }
}

/** As if it had begun later, by the length of a pause. */
function laterBy(ms: number, phase: Phase): Phase {
  switch (phase.status) {
    case 'waiting':
      return phase;
    case 'prefilling':
      return { ...phase, startedMs: phase.startedMs + ms };
    case 'decoding':
      return { ...phase, startedMs: phase.startedMs + ms, firstTokenMs: phase.firstTokenMs + ms };
  }
}
