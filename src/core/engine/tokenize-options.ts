/** How a text becomes tokens; by default, with nothing but its own. */
export interface TokenizeOptions {
  /** Whether the names of special tokens in the text become these tokens. They are plain text by default. */
  readonly names?: boolean;
  /** Whether the tokens are added that the model expects at the beginning and at the end of a text, unless it has them. */
  readonly ends?: boolean;
}
