import type { Tool } from '../engine.js';
import { type AnswerPart, AnswerParts } from './answer.js';
import { newCallId } from './call-id.js';
import type { CallSyntax, Dialect, ThoughtSyntax } from './dialect.js';
import { Feed, type Reading } from './feed.js';

export interface AnswerReaderOptions {
  /** Tools whose calls are looked for; none if empty. */
  readonly tools: readonly Tool[];
  /** Whether the prompt ends with the beginning of a thought. */
  readonly isThinking: boolean;
}

/** Takes an answer apart while it arrives: thoughts, content and calls of tools. */
export class AnswerReader {
  readonly #dialect: Dialect;
  readonly #feed = new Feed();
  readonly #parts: AnswerParts;
  readonly #reading: Reading;
  #isThinking: boolean;

  constructor(dialect: Dialect, { tools, isThinking }: AnswerReaderOptions) {
    this.#dialect = dialect;
    this.#parts = new AnswerParts(tools, dialect.calls?.newId ?? newCallId);
    this.#isThinking = isThinking;
    this.#reading = this.#answer();
  }

  /** Whether what comes next belongs to a thought, as far as is known. */
  get isThinking(): boolean {
    return this.#isThinking;
  }

  /** Number of calls that have begun. */
  get calls(): number {
    return this.#parts.calls;
  }

  /** @returns the parts that have become certain */
  push(text: string): readonly AnswerPart[] {
    this.#feed.push(text);
    this.#reading.next();
    return this.#parts.take(false);
  }

  /** @returns the parts that have become certain with the end of the answer */
  end(text: string): readonly AnswerPart[] {
    this.#feed.push(text);
    this.#feed.end();
    this.#reading.next();
    return this.#parts.take(true);
  }

  *#answer(): Reading {
    const { thoughts, calls } = this.#dialect;
    if (thoughts !== null) yield* this.#thought(thoughts);
    const isContent = yield* this.#feed.literal(calls?.contentBegin ?? '');
    if (calls === null || this.#parts.tools.size === 0) {
      yield* this.#feed.until([], this.#parts.content);
    } else {
      yield* this.#contentAndCalls(calls, isContent && calls.contentBegin !== undefined);
    }
  }

  /** The thought before the answer, if there is one. */
  *#thought({ begin, end }: ThoughtSyntax): Reading {
    const feed = this.#feed;
    if (!this.#isThinking) {
      const opened = yield* feed.attempt(function* () {
        yield* feed.space();
        return (yield* feed.literal(begin)) ? true : null;
      });
      if (opened === null) return;
      this.#isThinking = true;
    }
    const thought = new TrimmedText(this.#parts.reasoning);
    yield* feed.until([end], (text) => {
      thought.push(text);
    });
    this.#isThinking = false;
    this.#parts.dropSpace();
  }

  /** @param isContent whether the answer has said that it begins with content */
  *#contentAndCalls(calls: CallSyntax, isContent: boolean): Reading {
    const feed = this.#feed;
    const parts = this.#parts;
    const everywhere = calls.begins.filter(({ atStart }) => !atStart).map(({ text }) => text);
    const atStart = calls.begins.map(({ text }) => text);
    let space = '';
    const begun = yield* feed.attempt(function* () {
      if (isContent) return null;
      yield* feed.while(/\s/, (text) => {
        space += text;
      });
      return yield* feed.oneOf(atStart);
    });
    if (begun === null) space = '';
    for (let begin = begun; ; begin = yield* feed.until(everywhere, parts.content)) {
      if (begin === null) {
        // At the start, it is content that follows; later, the end of the answer.
        if ((yield* feed.peek()) === null) return;
        continue;
      }
      const mark = begin;
      const before = parts.calls;
      const isCall = yield* feed.attempt(function* () {
        return (yield* calls.read(feed, parts, mark)) || parts.calls > before ? true : null;
      });
      if (isCall === null) parts.content(space + mark);
      space = '';
    }
  }
}

/** Passes text on without the white space at both ends. */
class TrimmedText {
  readonly #emit: (text: string) => void;
  #space = '';
  #isBegun = false;

  constructor(emit: (text: string) => void) {
    this.#emit = emit;
  }

  push(text: string): void {
    const fresh = this.#isBegun ? this.#space + text : text.trimStart();
    const end = fresh.trimEnd().length;
    this.#space = fresh.slice(end);
    if (end === 0) return;
    this.#isBegun = true;
    this.#emit(fresh.slice(0, end));
  }
}
