/** How one token is written. */
export interface TokenSpelling {
  /** In the vocabulary, in which `Ġ` or `▁` may stand for a space, and each byte for a character. */
  readonly name: string;
  /** What it adds to a text; its name if it is a special token. Bytes if they are not whole characters. */
  readonly piece: string | readonly number[];
}
