/** Properties of a model's vectors. */
export interface EmbeddingsInfo {
  /** Numbers in a vector. */
  readonly dimensions: number;
  /** How the vectors of an input's tokens become one: `mean`, `cls` (the first) or `last`. */
  readonly pooling: string;
}

/** What an embedding is computed from: a text, in which the names of special tokens are plain text, or tokens. */
export type EmbeddingInput = string | readonly number[];
