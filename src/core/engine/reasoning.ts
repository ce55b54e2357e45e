/** How much a model should think, from least to most: OpenAI's values of `reasoning_effort`. */
export const reasoningEfforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'] as const;

export type ReasoningEffort = (typeof reasoningEfforts)[number];

/** What a request may ask for: an effort, or `on` for thinking with the model's own effort. */
export type RequestedEffort = ReasoningEffort | 'on';

/** When a thought has to end. */
export interface ThoughtLimit {
  /** The mark that ends a thought. */
  readonly end: string;
  /**
   * The text that is written for the model when it has used up its tokens: the mark, with white space as the model
   * writes it.
   */
  readonly closing: string;
  /** The text that begins one; null if the answer begins inside of it. */
  readonly begin: string | null;
  /** Output tokens, 0 or more. */
  readonly maxTokens: number;
}
