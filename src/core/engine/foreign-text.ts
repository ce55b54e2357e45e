/** The text of a token that another server has generated. */
export interface ForeignText {
  /** The text that became certain with this token, see the event `token` of a generation. */
  readonly text: string;
  /** See `OutputLogprob`. */
  readonly written: string;
}
