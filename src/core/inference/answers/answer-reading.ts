import type { AnswerPart } from '../../engine/dialects/answer.js';
import type { OutputLogprob } from '../../engine/token-logprob.js';

/** Splits the text of one answer into its parts. */
export interface AnswerReading {
  /** Whether what comes next belongs to a thought, as far as is known. */
  readonly isThinking: boolean;
  /** Number of calls of tools that have begun. */
  readonly calls: number;
  /** Whether the text ended before the last call was over. */
  readonly endedInCall: boolean;
  /** Whether there are tokens whose probabilities are in no part yet, but may be in a later one. */
  readonly holdsRatings: boolean;
  /** @param logprob of the token that this text came with, if requested; the text may then be empty */
  push(text: string, logprob?: OutputLogprob): readonly AnswerPart[];
  end(text: string, isCut: boolean, logprob?: OutputLogprob): readonly AnswerPart[];
}

/** An answer that is nothing but content. */
export const plainReading: AnswerReading = {
  isThinking: false,
  calls: 0,
  endedInCall: false,
  holdsRatings: false,
  push: contentOf,
  end: contentOf,
};

function contentOf(text: string): readonly AnswerPart[] {
  return text === '' ? [] : [{ type: 'content', text }];
}
