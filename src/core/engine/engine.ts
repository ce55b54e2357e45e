import type { Subscribable } from '../base/emitter.js';
import type { ChatstreamError, ErrorCode } from '../base/errors.js';
import type { EmbeddingInput, EmbeddingsInfo } from './embeddings-info.js';
import type { ForeignText } from './foreign-text.js';
import type { EngineName } from './options.js';
import type { OutputFormat } from './output-format.js';
import type { ProcessRole } from './process-role.js';
import type { PromptCacheActivity, PromptCacheInfo } from './prompt-cache-activity.js';
import type { RequestedEffort, ThoughtLimit } from './reasoning.js';
import type { Sampling } from './sampling.js';
import type { OutputLogprob, PromptLogprob } from './token-logprob.js';
import type { TokenSpelling } from './token-spelling.js';
import type { TokenizeOptions } from './tokenize-options.js';

/** The number of a token in the model's vocabulary. */
export type Token = number;

/** Describes a loaded model and the device it runs on. Sizes in bytes, lengths in tokens. */
export interface EngineInfo {
  readonly engine: EngineName;
  /** The name by which clients address the model: the name of its file without the extension. */
  readonly modelId: string;
  /** Tokens that fit into one slot, prompt and output together. */
  readonly contextLength: number;
  /** Allocated sequences: the upper limit of generations that run at once. */
  readonly slots: number;
  /** The device as people read it: `CPU (1 thread)`, `CUDA: NVIDIA H200`. */
  readonly device: string;
  readonly architecture: string;
  readonly parameters: number | null;
  readonly trainedContextLength: number | null;
  readonly vocabularySize: number | null;
  readonly fileBytes: number | null;
  readonly promptCache: PromptCacheInfo;
  /** What the operator should know about the model, in whole sentences. */
  readonly warnings: readonly string[];
  /** Strings at which answers to chats end, besides those that a request names: see `ChatTemplate.stop`. */
  readonly chatStop: readonly string[];
  /** The source of the chat template, which shows how the model writes thoughts and tool calls; null without one. */
  readonly chatTemplate: string | null;
  /** Present if the engine computes embeddings; it then generates no text. */
  readonly embeddings?: EmbeddingsInfo;
}

export interface ChatMessage {
  readonly role: 'system' | 'developer' | 'user' | 'assistant' | 'tool';
  readonly content: string;
  readonly name?: string;
  /** Calls in an assistant's message, as templates expect them: with arguments as objects. */
  readonly tool_calls?: readonly JsonObject[];
  /** The call that a tool's message answers. */
  readonly tool_call_id?: string;
  /** The model's thoughts before an assistant's message. */
  readonly reasoning_content?: string;
}

/** An object from a request that only the chat template uses. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** A rendered chat ends with the beginning of an answer, within the last message (which is continued), or after it. */
export type ChatEnding = 'answer' | 'continue' | 'none';

/**
 * What a prompt is made from. A chat is rendered with the model's own template, in which nothing that a client wrote
 * becomes a control token. A text is used as it is, and the names of special tokens in it become these tokens. Inputs
 * are for embeddings: their tokens follow one another. With `infill`, the answer belongs between two texts, in which
 * names of special tokens are plain text.
 */
export type PromptSource =
  | {
      readonly type: 'chat';
      readonly messages: readonly ChatMessage[];
      readonly tools?: readonly JsonObject[] | undefined;
      readonly documents?: readonly JsonObject[] | undefined;
      /** Further variables of the template, such as `enable_thinking`. */
      readonly arguments?: JsonObject | undefined;
      /** `answer` if left out. */
      readonly ending?: ChatEnding | undefined;
      /** How much the model should think. If left out, the template decides. */
      readonly reasoningEffort?: RequestedEffort | undefined;
    }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'tokens'; readonly tokens: readonly Token[] }
  | { readonly type: 'infill'; readonly prefix: string | readonly Token[]; readonly suffix: string }
  | { readonly type: 'inputs'; readonly inputs: readonly EmbeddingInput[] };

/** What a request requires of an engine. The engine checks it before the request may wait. */
export interface Demands {
  readonly format: OutputFormat;
  readonly logitBias: Sampling['logitBias'];
  readonly stopTokens: readonly Token[];
}

/** The prepared form of a request, before it may wait. */
export interface Prepared {
  readonly prompt: readonly Token[];
  /** The format in the form that is fastest for `generate`. */
  readonly format: OutputFormat;
  /** Whether the prompt ends with the beginning of a thought, so that the answer begins inside of it. */
  readonly isThinking: boolean;
  /** For `inputs`: how many tokens of the prompt belong to each. */
  readonly inputLengths?: readonly number[];
}

/** Everything that an engine needs to run a generation, or to continue one that another engine process began. */
export interface GenerationSpec {
  readonly id: string;
  readonly prompt: readonly Token[];
  /** Most output tokens, 0 or more; the generation also ends when the context is full. */
  readonly maxTokens: number;
  readonly sampling: Sampling;
  /** The generation ends before the first of these strings, which is not part of the text. */
  readonly stop: readonly string[];
  /** The generation ends before the first of these tokens, which is not output. */
  readonly stopTokens: readonly Token[];
  /** Number of output tokens before which the generation does not end on its own; 0 for none. */
  readonly minTokens: number;
  /** Whether to continue after the end-of-generation token, up to `maxTokens`. */
  readonly ignoreEos: boolean;
  readonly format: OutputFormat;
  /** Names of special tokens that are part of the text. Others are not, except those that end it. */
  readonly marks: readonly string[];
  /** Null if the model may think as long as it likes. */
  readonly thoughtLimit: ThoughtLimit | null;
  /** Output tokens whose text was already reported. They count in `maxTokens`. Empty for a new generation. */
  readonly resumeAfter: readonly Token[];
  /** How many of them, from the first, another server generated: only their tokens are known here. None if left out. */
  readonly foreignTokens?: number;
  /** How many of the likeliest tokens are reported with each token of the output; no probabilities if left out. */
  readonly logprobs?: number;
  /** Whether the same is reported for the prompt, of which nothing is then taken from a cache, and for the end token. */
  readonly ratesPrompt?: boolean;
  /** The lengths of the inputs in the prompt, if embeddings are requested; everything about output is then ignored. */
  readonly inputLengths?: readonly number[];
}

export type FinishReason = 'stop' | 'length';

/**
 * What one round did for one generation. A round has at most one `token`, `ended` or `failed` event for a generation,
 * possibly after its `started` event; `ended` and `failed` are its last events. A cancelled generation reports nothing.
 *
 *     started ─▶ token ─▶ token ─▶ … ─▶ ended | failed    (`rated` before the first token; `embedded` instead of tokens)
 */
export type GenerationEvent =
  | {
      readonly type: 'started';
      readonly id: string;
      readonly slot: number;
      /** Prompt tokens that were computed before, so they need no prefill. */
      readonly cachedTokens: number;
      /** The texts of the `foreignTokens`, one for each. Left out if there are none. */
      readonly foreignTexts?: readonly ForeignText[];
    }
  | {
      readonly type: 'token';
      readonly id: string;
      readonly token: Token;
      /** Text that is now certain: whole characters that cannot be part of a stop string. May be empty. */
      readonly text: string;
      /** The probability of this token, if requested. */
      readonly logprob?: OutputLogprob;
    }
  | {
      readonly type: 'rated';
      readonly id: string;
      /** The number of the first of these tokens of the prompt, from 0. After a restart of the engine, it begins again. */
      readonly from: number;
      readonly tokens: readonly PromptLogprob[];
    }
  | {
      readonly type: 'embedded';
      readonly id: string;
      /** The number of the input, from 0. After a restart of the engine, inputs are reported again. */
      readonly index: number;
      /** A vector of length 1: 32-bit numbers, little-endian, in base64, which takes a quarter of the space of JSON. */
      readonly vector: string;
    }
  | {
      readonly type: 'ended';
      readonly id: string;
      readonly reason: FinishReason;
      /** The output token of this last round; null if it drew an end-of-generation token, which is not output. */
      readonly token: Token | null;
      /** The text of that token and all text that was held back. */
      readonly text: string;
      /** The stop string at which it ended, if it ended at one. */
      readonly stop?: string;
      /** The probability of that token, if requested; with `ratesPrompt` also if it is not output. */
      readonly logprob?: OutputLogprob;
    }
  | {
      readonly type: 'failed';
      readonly id: string;
      readonly code: ErrorCode;
      readonly message: string;
      /** The request parameter that caused the error, if one did. */
      readonly param?: string;
    };

/** The event that reports a generation as ended by an error. */
export function failedEvent(id: string, { code, advice, param }: ChatstreamError): GenerationEvent {
  return { type: 'failed', id, code, message: advice, ...(param !== undefined && { param }) };
}

/** One step of the engine: one batched decode that gives every running generation its next token. */
export interface Round {
  readonly durationMs: number;
  /** Number of generations that got a token or a chunk of their prefill. */
  readonly batchSize: number;
  readonly events: readonly GenerationEvent[];
  /** How many tokens of their prompts are in the slots of generations that continue reading; left out if there are none. */
  readonly prefills?: readonly { readonly id: string; readonly tokens: number }[];
  /** Present if it has changed. */
  readonly promptCache?: PromptCacheActivity;
  /** The device as people read it, with its number of threads; present if it has changed. */
  readonly device?: string;
  /** The most prompt tokens that the round could prefill, where that adapts; present if it has changed. */
  readonly prefillChunk?: number;
  /** The name of the engine whose round it was, if several engines serve one line. */
  readonly executor?: string;
}

/**
 * The part of an engine that translates between text and tokens. It needs the vocabulary and the chat template of a
 * model, but not its weights.
 *
 * Every call may be cancelled: once its signal is aborted, the answer is not needed, and the work on it ends at the
 * next opportunity. The call then rejects with the reason of the signal.
 */
export interface PromptEngine {
  /** Loads the model; may be called once. Rejects with a `ChatstreamError` that tells the operator what to do. */
  start(): Promise<EngineInfo>;
  /**
   * Applies the chat template, tokenises, and compiles the format. Rejects with `invalid_request` for messages that the
   * template refuses and for demands that cannot be met, such as a schema that cannot be turned into a grammar, and
   * with `grammar_too_complex` for a format that would cost too much.
   */
  prepare(source: PromptSource, demands?: Demands, signal?: AbortSignal): Promise<Prepared>;
  /** Tokenises text without a template. */
  tokenize(text: string, options?: TokenizeOptions, signal?: AbortSignal): Promise<readonly Token[]>;
  /** The text of tokens, including special ones. Rejects with `invalid_request` for a number outside the vocabulary. */
  detokenize(tokens: readonly Token[], signal?: AbortSignal): Promise<string>;
  /** How each of these tokens is written. Rejects as {@link detokenize} does. */
  spell(tokens: readonly Token[], signal?: AbortSignal): Promise<readonly TokenSpelling[]>;
  /** Ends everything, generations after the current round, and frees the model. */
  stop(): Promise<void>;
}

/**
 * A model with a fixed number of slots. The caller makes sure that at most `slots` generations run; the engine advances
 * all of them together, by one token per round.
 *
 * `generate` and `cancel` take effect between rounds, in the order of the calls: right after a generation was cancelled,
 * another one can be started in its slot.
 */
export interface Engine extends PromptEngine {
  /** Emitted after every round in which something happened. */
  readonly rounds: Subscribable<Round>;
  generate(spec: GenerationSpec): void;
  /** Ends a generation without further events. Ignores an unknown id, because the generation may just have ended. */
  cancel(id: string): void;
}

/** The state of an engine that may die and be restarted. */
export type EngineState =
  | { readonly status: 'starting' }
  | { readonly status: 'ready'; readonly info: EngineInfo }
  | { readonly status: 'restarting'; readonly attempt: number; readonly reason: string }
  /** `generates`: prompts can no longer be prepared, but prepared ones are still generated. */
  | { readonly status: 'failed'; readonly reason: string; readonly generates?: boolean }
  | { readonly status: 'stopped' };

/**
 * An engine whose health can be watched. While it restarts, generations and calls are kept and continue afterwards,
 * except those in progress when it died a second time: they end with `engine_failed`. Once it has `failed`, everything
 * that needs the failed process ends with `engine_unavailable`, and later calls do so at once.
 */
export interface ServingEngine extends Engine {
  readonly state: EngineState;
  readonly states: Subscribable<EngineState>;
  /**
   * Only for an engine whose model is loaded on demand: requests it, and resolves when it is loaded. Rejects with the
   * reason of the signal, and with `model_loading_failed`.
   *
   * @param onLoading called when loading begins, or at once if it has begun, with how long it is expected to take from
   *   then, in milliseconds; never if the model is loaded
   */
  load?(signal: AbortSignal, onLoading?: (etaMs: number) => void): Promise<void>;
  /** The parts that are restarted on their own; left out if the whole engine is. */
  readonly processes?: readonly {
    readonly role?: ProcessRole;
    /** The name of its engine, where several serve one line. */
    readonly executor?: string;
    readonly states: Subscribable<EngineState>;
  }[];
}
