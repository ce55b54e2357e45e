import type { ChatstreamError, ErrorCode } from '../base/errors.js';
import type { Subscribable } from '../base/emitter.js';
import type { EngineName } from './options.js';

/** A token's number in the model's vocabulary. */
export type Token = number;

/** What a loaded model is and where it runs. Sizes in bytes, lengths in tokens. */
export interface EngineInfo {
  readonly engine: EngineName;
  /** The name clients address it by: the file's name without its ending. */
  readonly modelId: string;
  /** Tokens that fit into one slot, prompt and output together. */
  readonly contextLength: number;
  /** Sequences allocated: the upper limit of what can run at once. */
  readonly slots: number;
  /** For people: `CPU (1 thread)`, `CUDA: NVIDIA H200`. */
  readonly device: string;
  readonly architecture: string;
  readonly parameters: number | null;
  readonly trainedContextLength: number | null;
  readonly vocabularySize: number | null;
  readonly fileBytes: number | null;
}

export interface ChatMessage {
  readonly role: 'system' | 'developer' | 'user' | 'assistant' | 'tool';
  readonly content: string;
  readonly name?: string;
}

/** What a prompt is made from. A chat goes through the model's own template, a text is taken as it is. */
export type PromptSource =
  | { readonly type: 'chat'; readonly messages: readonly ChatMessage[] }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'tokens'; readonly tokens: readonly Token[] };

/** How the next token is drawn. Every field is resolved: engines know no defaults of their own. */
export interface Sampling {
  /** 0 is greedy; up to 2. */
  readonly temperature: number;
  /** Nucleus, above 0 to 1; 1 is off. */
  readonly topP: number;
  /** Candidates kept, 1 or more; 0 is all of them (slow with large vocabularies). */
  readonly topK: number;
  /** Candidates less likely than this share of the likeliest are dropped, 0 to 1; 0 is off. */
  readonly minP: number;
  /** An integer from 0 to 2^32 − 1. The same seed and prompt give the same text where the backend is deterministic. */
  readonly seed: number;
  /** −2 to 2; 0 is off. */
  readonly presencePenalty: number;
  /** −2 to 2; 0 is off. */
  readonly frequencyPenalty: number;
  /** Above 0; 1 is off. */
  readonly repeatPenalty: number;
  /** Added to a token's logit, −100 (never) to 100 (always), by token number. */
  readonly logitBias: Readonly<Record<string, number>>;
}

/** The shape that the output is held to, by a grammar. */
export type OutputFormat =
  | { readonly type: 'text' }
  | { readonly type: 'json_object' }
  | { readonly type: 'json_schema'; readonly schema: Readonly<Record<string, unknown>> };

/** What an engine must be able to do for a request, and can tell before the request is allowed to wait. */
export interface Demands {
  readonly format: OutputFormat;
  readonly logitBias: Sampling['logitBias'];
}

/** Everything an engine needs to run one generation, and to go on with one that another engine process began. */
export interface GenerationSpec {
  readonly id: string;
  readonly prompt: readonly Token[];
  /** Output tokens at the most, 1 or more; generation also ends at the edge of the context. */
  readonly maxTokens: number;
  readonly sampling: Sampling;
  /** Generation ends before the first of these strings; none of it is sent. */
  readonly stop: readonly string[];
  /** Go on past the end-of-generation token, to `maxTokens`. */
  readonly ignoreEos: boolean;
  readonly format: OutputFormat;
  /** Output tokens generated already, whose text was already reported. Counted in `maxTokens`. Empty for a new generation. */
  readonly resumeAfter: readonly Token[];
}

export type FinishReason = 'stop' | 'length';

/**
 * What one round did to one generation. There is at most one `token`, `ended` or `failed` event for a generation in a
 * round, possibly after its `started`; `ended` and `failed` are the last of it. A cancelled generation reports nothing.
 */
export type GenerationEvent =
  | {
      readonly type: 'started';
      readonly id: string;
      readonly slot: number;
      /** Prompt tokens that the slot still held from before and that need no prefill. */
      readonly cachedTokens: number;
    }
  | {
      readonly type: 'token';
      readonly id: string;
      readonly token: Token;
      /** Text that is now certain: whole characters that cannot become part of a stop string. May be empty. */
      readonly text: string;
    }
  | {
      readonly type: 'ended';
      readonly id: string;
      readonly reason: FinishReason;
      /** The output token of this last round; null when it was an end-of-generation token, which is not output. */
      readonly token: Token | null;
      /** What was held back and is now certain. */
      readonly text: string;
    }
  | {
      readonly type: 'failed';
      readonly id: string;
      readonly code: ErrorCode;
      readonly message: string;
      /** The request parameter that is to blame, if one is. */
      readonly param?: string;
    };

/** The event that reports a generation as ended by an error. */
export function failedEvent(id: string, { code, advice, param }: ChatstreamError): GenerationEvent {
  return { type: 'failed', id, code, message: advice, ...(param !== undefined && { param }) };
}

/** One step of the engine: one batched decode that gives every running generation its next token. */
export interface Round {
  readonly durationMs: number;
  /** Generations that got a token or a piece of their prefill in it. */
  readonly batchSize: number;
  readonly events: readonly GenerationEvent[];
}

/**
 * A model with a fixed number of slots. The caller sees to it that no more than `slots` generations run; the engine
 * advances all of them together, a token each per round.
 *
 * `generate` and `cancel` take effect between rounds, in the order of the calls: a slot whose generation was cancelled
 * can be given away in the same breath.
 */
export interface Engine {
  /** Emitted after every round in which something happened. */
  readonly rounds: Subscribable<Round>;
  /** Loads the model. Once. Rejects with a {@link ChatstreamError} that tells the operator what to do. */
  start(): Promise<EngineInfo>;
  /**
   * Applies the chat template and tokenises. Rejects with `invalid_request` for what the template refuses, and for
   * demands that cannot be met, such as a schema that no grammar can be made of.
   */
  prepare(source: PromptSource, demands?: Demands): Promise<readonly Token[]>;
  /** The text's tokens, without the template and without a beginning-of-text token. Text of special tokens is plain text. */
  tokenize(text: string): Promise<readonly Token[]>;
  /** The tokens' text, special tokens included. Rejects with `invalid_request` for a number outside the vocabulary. */
  detokenize(tokens: readonly Token[]): Promise<string>;
  generate(spec: GenerationSpec): void;
  /** Ends a generation without further events; an unknown id is ignored, it may just have ended. */
  cancel(id: string): void;
  /** Ends everything after the current round and frees the model. */
  stop(): Promise<void>;
}

/** What can be said of an engine that may die and come back. */
export type EngineState =
  | { readonly status: 'starting' }
  | { readonly status: 'ready'; readonly info: EngineInfo }
  | { readonly status: 'restarting'; readonly attempt: number; readonly reason: string }
  | { readonly status: 'failed'; readonly reason: string }
  | { readonly status: 'stopped' };

/**
 * An engine whose health can be watched. While it restarts, generations and preparations are kept and go on afterwards;
 * once it has `failed`, all of them end with `engine_unavailable`, and new ones do so at once.
 */
export interface ServingEngine extends Engine {
  readonly state: EngineState;
  readonly states: Subscribable<EngineState>;
}
