import type { ChatstreamError } from '../base/errors.js';
import type { AnswerPart } from '../engine/dialects/answer.js';
import type { EngineInfo, FinishReason, GenerationSpec, PromptSource, Token } from '../engine/engine.js';
import type { WaitingView } from '../scheduler/jobs/job.js';
import type { TrafficClass } from '../scheduler/jobs/traffic-class.js';

/** A client's request, with every default filled in. */
export interface InferenceRequest extends Omit<
  GenerationSpec,
  'prompt' | 'marks' | 'thoughtLimit' | 'resumeAfter' | 'foreignTokens'
> {
  readonly source: PromptSource;
  /**
   * The maximum number of output tokens of a thought, 0 or more; null for a model that may think as long as it likes.
   */
  readonly thoughtTokens: number | null;
  /** Shorter prompts to use instead if the source does not fit. Without them, the request is refused then. */
  readonly shortening?: Shortening;
  /** The name of the key that it came with; none on a server without keys. */
  readonly key?: string;
  /**
   * The owner of the service and limits that it counts against, if that is not the key: its address, or the user of a
   * key that many share, see base/payer.ts.
   */
  readonly payer?: string;
  /** Where it comes from, on a server without keys: what takes long to be prepared takes turns by it. */
  readonly address?: string;
  /** The beginning of the answer, which another server has generated and its client has received. None if left out. */
  readonly resumeAfter?: readonly Token[];
  /** Called when its model is loaded, before anything is prepared; what it throws refuses the request. */
  readonly assertModel?: (info: EngineInfo) => void;
  /** The class in which it waits; `standard` if left out. */
  readonly trafficClass?: TrafficClass;
  /** How long after its arrival starting it becomes useless, in milliseconds, 1 or more; never if left out. */
  readonly deadlineMs?: number;
  /** The client's own name for it, for the log. */
  readonly requestId?: string;
}

/** How a prompt can be shortened, step by step. */
export interface Shortening {
  /** The most steps, 1 or more. */
  readonly steps: number;
  /** @param step 1 to {@link steps}; each gives a shorter prompt than the one before */
  readonly source: (step: number) => PromptSource;
}

/** A request, and who gets its answer. */
export interface Submission {
  readonly request: InferenceRequest;
  readonly listener: AnswerListener;
}

/** The sender's handle of a request that was admitted, whether it waits, runs or has ended. */
export interface AdmittedRequest {
  /** Its place in the queue; undefined once it runs or has ended. */
  readonly place: () => WaitingView | undefined;
}

/** How a request's time was spent, in milliseconds on this process's clock, and its tokens. */
export interface Timings {
  /** From admission to leaving the request queue. */
  readonly queueMs: number;
  /** From leaving the queue to the first token. */
  readonly prefillMs: number;
  /** From the first token to the last. */
  readonly decodeMs: number;
  readonly promptTokens: number;
  /** Prompt tokens that needed no prefill because the slot still held them. */
  readonly cachedTokens: number;
  /** Tokens that were generated here: see {@link Timings.foreignTokens}. */
  readonly outputTokens: number;
  /** Output tokens with which the answer begins and that another server has generated, which charges them; left out for none. */
  readonly foreignTokens?: number;
  /** Tokens of thoughts in the whole answer, with their marks. */
  readonly reasoningTokens: number;
  /** The engine that had it last, if there are several. */
  readonly executor?: string;
  /** How long it had no slot after it had begun, which is part of neither prefill nor decode; left out for no pause. */
  readonly pausedMs?: number;
  /** From the last token to the end, of an answer that was cut off or that ended later; left out for none, and before the first token. */
  readonly idleMs?: number;
}

/** Output tokens of the whole answer, wherever they were generated. */
export function answerTokens({
  outputTokens,
  foreignTokens = 0,
}: Pick<Timings, 'outputTokens' | 'foreignTokens'>): number {
  return outputTokens + foreignTokens;
}

/**
 * Whether a request that has ended was computed, at least in part, so that its tokens count. A request that was
 * refused, or that ended while it waited, has cost nothing.
 */
export function wasComputed({ outputTokens, prefillMs }: Timings): boolean {
  return outputTokens > 0 || prefillMs > 0;
}

/**
 * Whether there is a time from one token to the next. There is none if all tokens arrived at one moment, like those of
 * an upstream's answer in one body, because it is unknown when they were generated.
 */
export function hasPace({ outputTokens, decodeMs }: Timings): boolean {
  return outputTokens > 1 && decodeMs > 0;
}

/**
 * What is known about a prompt once its generation has begun; `cachedTokens` is 0 until the engine has found a slot.
 */
export type PromptCounts = Pick<Timings, 'promptTokens' | 'cachedTokens'>;

/** Why an answer ended: as the engine says, or with calls of tools. */
export type AnswerReason = FinishReason | 'tool_calls';

/**
 * Receives one request's answer. Called synchronously, at most once per round; `ended` or `failed` is the last call.
 * Once the request has been cancelled by its own signal, no more calls follow.
 */
export interface AnswerListener {
  /**
   * The request left the queue; its generation begins.
   *
   * @param prompt always up to date
   */
  started(prompt: PromptCounts): void;
  /** The request has given up its slot for a while. More parts come when it has one again. */
  paused?(): void;
  /**
   * The number of an output token, before the parts that became certain with it. Only called if it is there.
   *
   * @param isRatingHeld whether a later part may have the probability of this token, or of one before it
   */
  readonly token?: ((token: Token, isRatingHeld: boolean) => void) | undefined;
  /**
   * The parts of an answer whose beginning another server has generated, before all others. The client has them
   * already.
   */
  foreign?(parts: readonly AnswerPart[]): void;
  /** @param parts what has become certain; not empty */
  parts(parts: readonly AnswerPart[]): void;
  /**
   * @param parts the rest of the answer, possibly empty
   * @param stop the stop string at which it ended; null if it ended otherwise
   */
  ended(reason: AnswerReason, parts: readonly AnswerPart[], timings: Timings, stop: string | null): void;
  /**
   * For requests for embeddings.
   *
   * @param index the number of the input, from 0; one may be reported again after a restart of the engine
   * @param vector see the event of the engine
   */
  embedded?(index: number, vector: string): void;
  failed(error: ChatstreamError): void;
}

export type Outcome = 'completed' | 'cancelled_waiting' | 'cancelled_running' | 'refused' | 'timed_out' | 'failed';

/** Events of requests, for metrics and logs. The last event of a request is `settled`. */
export type InferenceEvent =
  | { readonly type: 'started'; readonly id: string; readonly queueMs: number }
  /** It has given up its slot for a while. */
  | { readonly type: 'paused'; readonly id: string }
  | { readonly type: 'first_token'; readonly id: string; readonly prefillMs: number; readonly sinceArrivalMs: number }
  | {
      readonly type: 'settled';
      readonly id: string;
      readonly requestId: string | null;
      /** The name of its key; null on a server without keys. */
      readonly key: string | null;
      /** Whose limits it counts against instead of the key's: an address, so not for logs and metrics. */
      readonly payer?: string;
      readonly outcome: Outcome;
      readonly error: ChatstreamError | null;
      readonly timings: Timings;
      readonly sinceArrivalMs: number;
      /** The name of the executor that had it last; left out where there is only one. */
      readonly executor?: string;
      /** The model whose line it was in; left out where this server has one model of its own, and if it was refused before that was known. */
      readonly model?: string;
    };
