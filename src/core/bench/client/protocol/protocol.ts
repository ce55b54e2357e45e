import type { Chunk } from './chunk.js';

/** How the answers of an API are written. */
export interface Protocol {
  /** For messages: `OpenAI's API`. */
  readonly name: string;
  /** What ends a stream, for messages. */
  readonly end: string;
  /** What is measured of the data of one event. */
  readonly chunkIn: (json: unknown) => Chunk;
  /** What a person would see of an event, without reasoning and calls of tools; null if it has nothing of this. */
  readonly spokenIn: (json: unknown) => string | null;
  /** What is measured of an answer that comes as a whole. Its text only shows that there is an answer. */
  readonly wholeIn: (json: unknown) => Chunk;
  /** What a person would see of such an answer. */
  readonly spokenInWhole: (json: unknown) => string;
}
