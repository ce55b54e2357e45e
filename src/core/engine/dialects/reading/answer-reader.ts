import type { Tool } from '../../output-format.js';
import { addParts, type AnswerPart, AnswerParts } from '../answer.js';
import { newCallId } from '../call-id.js';
import type { CallSyntax, Dialect } from '../dialect.js';
import { Feed, type Reading } from '../feed.js';
import { readMessages } from './message-reading.js';
import { type OpenAnswer, readContent, readThought } from './reading.js';

export interface AnswerReaderOptions {
  /** Tools whose calls are recognised; none if empty. */
  readonly tools: readonly Tool[];
  /** Whether the prompt ends with the beginning of a thought. */
  readonly isThinking: boolean;
  /** Whether the answer has to be a call. */
  readonly isRequired?: boolean;
}

/** Splits an answer while it arrives: thoughts, content and tool calls. */
export class AnswerReader {
  readonly #answer: OpenAnswer;
  readonly #reading: Reading;
  readonly #isRequired: boolean;
  readonly #calls: CallSyntax | null;
  /** It knows nothing of probabilities. */
  readonly holdsRatings = false;
  #endedInCall = false;

  constructor(dialect: Dialect, { tools, isThinking, isRequired = false }: AnswerReaderOptions) {
    const parts = new AnswerParts(tools, dialect.calls?.newId ?? newCallId);
    this.#answer = { feed: new Feed(), parts, isThinking, isInCall: false };
    this.#isRequired = isRequired;
    this.#calls = dialect.calls;
    this.#reading = readAnswer(this.#answer, dialect);
  }

  /** Whether what comes next belongs to a thought, as far as is known. */
  get isThinking(): boolean {
    return this.#answer.isThinking;
  }

  /** Whether the text ended before the last call was over. */
  get endedInCall(): boolean {
    return this.#endedInCall;
  }

  /** Number of calls that have begun. */
  get calls(): number {
    return this.#answer.parts.calls;
  }

  /** @returns the parts that have become certain */
  push(text: string): readonly AnswerPart[] {
    this.#answer.feed.push(text);
    this.#reading.next();
    return this.#answer.parts.take(false);
  }

  /**
   * @param isCut whether the answer would have continued; then the marks of a call that has only begun are not content
   * @returns the parts that have become certain with the end of the answer
   */
  end(text: string, isCut = false): readonly AnswerPart[] {
    const all = [...this.push(text)];
    this.#endedInCall = this.#answer.isInCall;
    const isMark = isCut && (this.#endedInCall || this.#isRequired);
    this.#answer.feed.end();
    this.#reading.next();
    const rest = this.#answer.parts.take(true);
    addParts(all, isMark && this.#isBegun(rest) ? rest.filter(({ type }) => type !== 'content') : rest);
    return all;
  }

  /** Whether the rest of an answer that was cut off was going to be a call. */
  #isBegun(rest: readonly AnswerPart[]): boolean {
    if (this.#isRequired || this.calls > 0) return true;
    const text = rest.map((part) => (part.type === 'content' ? part.text : '')).join('');
    return this.#calls?.isBegun?.(text, this.#answer.parts.tools) !== false;
  }
}

function* readAnswer(answer: OpenAnswer, { thoughts, calls: syntax, messages }: Dialect): Reading {
  const calls = answer.parts.tools.size === 0 ? null : syntax;
  if (messages !== undefined) {
    yield* readMessages(answer, messages, calls);
    return;
  }
  const begun = thoughts === null ? null : yield* readThought(answer, thoughts, calls);
  const contentBegin = syntax?.contentBegin ?? '';
  const isContent = contentBegin !== '' && (yield* answer.feed.literal(contentBegin));
  yield* readContent(answer, { calls, marks: thoughts?.answer ?? null, begun, isContent, ends: [] });
}
