/** A coroutine that reads an answer; it yields where it needs more text than has arrived. */
export type Reading<T = void> = Generator<undefined, T, undefined>;

/**
 * The text of an answer, which arrives in pieces and is read by one coroutine. The result does not depend on how the
 * text was cut, because nothing is decided before it is certain.
 */
export class Feed {
  /** Text that has arrived and may not have been read yet. */
  #text = '';
  #at = 0;
  /** Text that was read since the first open attempt, because it may have to be read again. */
  #past: string[] = [];
  #pastLength = 0;
  #attempts = 0;
  #isOver = false;

  /** The cost is proportional to the new text and the unread text, however long an attempt has lasted. */
  push(text: string): void {
    if (this.#at > 0) {
      if (this.#attempts > 0) {
        this.#past.push(this.#text.slice(0, this.#at));
        this.#pastLength += this.#at;
      }
      this.#text = this.#text.slice(this.#at);
      this.#at = 0;
    }
    this.#text += text;
  }

  /** No more text will arrive. */
  end(): void {
    this.#isOver = true;
  }

  /** Reads the next character; null at the end. */
  *char(): Reading<string | null> {
    return (yield* this.#hasNext()) ? (this.#text[this.#at++] ?? null) : null;
  }

  /** The next character without reading it; null at the end. */
  *peek(): Reading<string | null> {
    return (yield* this.#hasNext()) ? (this.#text[this.#at] ?? null) : null;
  }

  /** Reads this text, or nothing if another one comes. @returns whether it came */
  *literal(text: string): Reading<boolean> {
    return (yield* this.oneOf([text])) !== null;
  }

  /** Reads the longest of these texts that follows, or nothing. */
  *oneOf(texts: readonly string[]): Reading<string | null> {
    for (;;) {
      const { found, isOpen } = this.#matchAt(this.#at, texts);
      if (isOpen && !this.#isOver) {
        yield;
        continue;
      }
      this.#at += found?.length ?? 0;
      return found;
    }
  }

  /** Reads white space. */
  *space(): Reading {
    yield* this.while(/\s/, () => undefined);
  }

  /**
   * Reads as long as characters match, and passes them on at once.
   *
   * @param chars matches one UTF-16 code unit
   */
  *while(chars: RegExp, emit: (text: string) => void): Reading {
    while (yield* this.#hasNext()) {
      const begin = this.#at;
      while (this.#at < this.#text.length && chars.test(this.#text[this.#at] ?? '')) this.#at += 1;
      if (this.#at > begin) emit(this.#text.slice(begin, this.#at));
      if (this.#at < this.#text.length) return;
    }
  }

  /**
   * Reads up to and including the first of these marks; the longest, if several begin there. Passes on the text before it,
   * each piece as soon as it is certain that no mark begins in it.
   *
   * @returns the mark; null if the answer ends without one
   */
  *until(marks: readonly string[], emit: (text: string) => void): Reading<string | null> {
    const beginnings = new Set(marks.map((mark) => mark[0]));
    while (yield* this.#hasNext()) {
      const begin = this.#at;
      let match: Match = { found: null, isOpen: false };
      while (this.#at < this.#text.length) {
        if (beginnings.has(this.#text[this.#at])) match = this.#matchAt(this.#at, marks);
        if (match.found !== null || match.isOpen) break;
        this.#at += 1;
      }
      if (this.#at > begin) emit(this.#text.slice(begin, this.#at));
      if (match.isOpen && !this.#isOver) {
        yield;
      } else if (match.found !== null) {
        this.#at += match.found.length;
        return match.found;
      } else if (match.isOpen) {
        emit(this.#text.slice(this.#at, (this.#at += 1)));
      }
    }
    return null;
  }

  /** Reads with the given reader; if that returns null, nothing counts as read. */
  *attempt<T>(read: () => Reading<T | null>): Reading<T | null> {
    const begin = this.#pastLength + this.#at;
    this.#attempts += 1;
    try {
      const result = yield* read();
      if (result === null) this.#backTo(begin);
      return result;
    } finally {
      this.#attempts -= 1;
      if (this.#attempts === 0) {
        this.#past = [];
        this.#pastLength = 0;
      }
    }
  }

  /** @param begin counted from the beginning of the past text */
  #backTo(begin: number): void {
    if (begin < this.#pastLength) {
      this.#text = this.#past.join('') + this.#text;
      this.#past = [];
      this.#pastLength = 0;
    }
    this.#at = begin - this.#pastLength;
  }

  *#hasNext(): Reading<boolean> {
    while (this.#at === this.#text.length) {
      if (this.#isOver) return false;
      yield;
    }
    return true;
  }

  #matchAt(at: number, texts: readonly string[]): Match {
    let found: string | null = null;
    let isOpen = false;
    const available = this.#text.length - at;
    for (const text of texts) {
      if (available >= text.length) {
        if (this.#text.startsWith(text, at) && text.length >= (found?.length ?? 0)) found = text;
      } else if (text.startsWith(this.#text.slice(at))) {
        isOpen = true;
      }
    }
    return { found, isOpen };
  }
}

interface Match {
  /** The longest text that is there. */
  readonly found: string | null;
  /** Whether a longer one may follow from the text so far. */
  readonly isOpen: boolean;
}
