import type { Chunk } from './chunk.js';

/** How the answers of an API are written. */
export interface Protocol {
  /** For messages: `OpenAI's API`. */
  readonly name: string;
  /** The mark at the end of a stream, for messages. */
  readonly end: string;
  /** Reads the measured properties from the data of one event. */
  readonly chunkIn: (json: unknown) => Chunk;
  /** What a person would see of an event, without reasoning and tool calls; null if there is nothing. */
  readonly spokenIn: (json: unknown) => string | null;
  /**
   * Reads the measured properties from an answer that arrives as a whole. Its text only shows that there is an answer.
   */
  readonly wholeIn: (json: unknown) => Chunk;
  /** What a person would see of such an answer. */
  readonly spokenInWhole: (json: unknown) => string;
}
