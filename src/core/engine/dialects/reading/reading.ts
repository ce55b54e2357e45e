import type { AnswerParts } from '../answer.js';
import type { AnswerMarks, CallSyntax, ThoughtSyntax } from '../dialect.js';
import type { Feed, Reading } from '../feed.js';

/** An answer while it is read. */
export interface OpenAnswer {
  readonly feed: Feed;
  readonly parts: AnswerParts;
  /** Whether what comes next belongs to a thought, as far as is known. */
  isThinking: boolean;
  /** Whether a call is being read, or something that may turn out to be one. */
  isInCall: boolean;
}

/**
 * Reads the thought before an answer, if there is one. Superfluous marks are left out too: some models repeat the
 * beginning that the prompt ends with, or end a thought that they have not begun.
 *
 * @param calls null if none are recognised
 * @returns the text that began a call and so ended the thought; null if there was none
 */
export function* readThought(
  answer: OpenAnswer,
  { begin, end, endsAtCalls = false }: ThoughtSyntax,
  calls: CallSyntax | null,
): Reading<string | null> {
  const { feed, parts } = answer;
  const first = yield* feed.attempt(function* () {
    yield* feed.space();
    return yield* feed.oneOf([begin, end]);
  });
  if (first === begin) answer.isThinking = true;
  let last: string | null = first;
  if (first !== end) {
    if (!answer.isThinking) return null;
    const thought = new TrimmedText(parts.reasoning);
    last = yield* feed.until([end, ...(endsAtCalls ? callTexts(calls) : [])], (text) => {
      thought.push(text);
    });
  }
  answer.isThinking = false;
  parts.dropSpace();
  return last === end ? null : last;
}

/** Texts that begin calls anywhere. */
function callTexts(calls: CallSyntax | null): readonly string[] {
  return (calls?.begins ?? []).filter(({ atStart }) => !atStart).map(({ text }) => text);
}

export interface ContentOptions {
  /** Null if none are recognised. */
  readonly calls: CallSyntax | null;
  readonly marks: AnswerMarks | null;
  /** The text with which a call has begun; null if none has. */
  readonly begun: string | null;
  /** Whether the answer has announced that it begins with content. */
  readonly isContent: boolean;
  /** Texts with which something else begins. */
  readonly ends: readonly string[];
}

/** Reads content and calls. @returns the text with which something else begins; null at the end of the answer */
export function* readContent(
  answer: OpenAnswer,
  { calls, marks, begun, isContent, ends }: ContentOptions,
): Reading<string | null> {
  const { feed, parts } = answer;
  const dropped = marks === null || begun !== null ? [] : yield* readAnswerMarks(feed, parts, marks);
  const stops = [...callTexts(calls), ...dropped, ...ends];
  const atStart = (calls?.begins ?? []).map(({ text }) => text);
  let space = '';
  const first =
    begun ??
    (yield* feed.attempt(function* () {
      if (isContent) return null;
      yield* feed.while(/\s/, (text) => {
        space += text;
      });
      return yield* feed.oneOf(atStart);
    }));
  if (first === null) space = '';
  for (let stop = first; ; stop = yield* feed.until(stops, parts.content)) {
    if (stop === null) {
      // At the start, content follows; later, the answer ends.
      if ((yield* feed.peek()) === null) return null;
    } else if (ends.includes(stop)) {
      return stop;
    } else if (!dropped.includes(stop) && !(yield* readCall(answer, calls, stop))) {
      parts.content(space + stop);
    }
    if (stop !== null) space = '';
  }
}

/** Reads marks at the beginning of an answer. @returns the marks that end it */
function* readAnswerMarks(
  feed: Feed,
  parts: AnswerParts,
  { begins, ends, isPaired }: AnswerMarks,
): Reading<readonly string[]> {
  const isBegun = yield* feed.attempt(function* () {
    yield* feed.space();
    return yield* feed.oneOf(begins);
  });
  if (isBegun !== null) parts.dropSpace();
  return isPaired && isBegun === null ? [] : ends;
}

/** @param begin the text that began it @returns whether it was a call */
export function* readCall(answer: OpenAnswer, calls: CallSyntax | null, begin: string): Reading<boolean> {
  if (calls === null) return false;
  const { feed, parts } = answer;
  const before = parts.calls;
  answer.isInCall = true;
  const isCall = yield* feed.attempt(function* () {
    return (yield* calls.read(feed, parts, begin)) || parts.calls > before ? true : null;
  });
  answer.isInCall = false;
  return isCall === true;
}

/** Passes text on without the white space at both ends. */
export class TrimmedText {
  readonly #emit: (text: string) => void;
  #space = '';
  #isBegun = false;

  constructor(emit: (text: string) => void) {
    this.#emit = emit;
  }

  push(text: string): void {
    if (text.trimEnd() === '') {
      if (this.#isBegun) this.#space += text;
      return;
    }
    const fresh = this.#isBegun ? this.#space + text : text.trimStart();
    const end = fresh.trimEnd().length;
    this.#space = fresh.slice(end);
    this.#isBegun = true;
    this.#emit(fresh.slice(0, end));
  }
}
