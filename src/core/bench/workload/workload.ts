import type { Lengths } from '../../measurement/lengths.js';

/** One message of a chat, as OpenAI's API takes it. */
export interface ChatMessage {
  readonly role: string;
  readonly content: string;
}

/** One request of a conversation. */
export interface Turn {
  readonly messages: readonly ChatMessage[];
  readonly outputTokens: number;
}

/**
 * An endless, repeatable supply of conversations. The same seed gives the same ones, in any order of asking and in any
 * thread.
 */
export interface Workload {
  /**
   * @param run which run of the bench it is for, from 0. Runs get different words, so that none finds the prompts of an
   *   earlier one in the server's prefix cache, but the same lengths
   * @param index which conversation, from 0
   * @returns its turns, at least one, to be sent one after the other
   */
  conversation(run: number, index: number): readonly Turn[];
}

/** A workload as data, so that it can be made again in another thread. */
export type WorkloadSpec = SyntheticSpec | PromptsSpec;

export interface SyntheticSpec {
  readonly type: 'synthetic';
  readonly seed: number;
  readonly inputTokens: Lengths;
  readonly outputTokens: Lengths;
  readonly sharedPrefixTokens: number;
  readonly scale: TokenScale;
}

/** The messages of each request of a chat, one request for each turn. */
export type Conversation = readonly (readonly ChatMessage[])[];

export interface PromptsSpec {
  readonly type: 'prompts';
  readonly seed: number;
  readonly conversations: readonly Conversation[];
  readonly outputTokens: Lengths;
  readonly sharedPrefixTokens: number;
  readonly scale: TokenScale;
}

/** How many tokens a prompt of our words has: `overhead + perWord × words`. Measured on the server, which knows its tokenizer. */
export interface TokenScale {
  /** Tokens of the chat template around a message. */
  readonly overhead: number;
  readonly perWord: number;
}

/** For servers that do not say how long a prompt was: usual for English and vocabularies of 32,000 and more. */
export const assumedScale: TokenScale = { overhead: 0, perWord: 1.1 };
