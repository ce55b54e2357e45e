/** After this many templates that never matched, no more are made: the chunks differ in more than their text. */
const mostUseless = 3;

/**
 * Recognises chunks of a stream that differ from an earlier one only in their text, without parsing them: with a
 * comparison and two searches, whereas `JSON.parse` and looking through its objects take several times as long.
 *
 * ```text
 * {"choices":[{"delta":{"content":"  Hello  "},"finish_reason":null}]}
 * └──────────── before ───────────┘ └text┘ └────────── behind ─────────┘
 * ```
 *
 * Why it cannot be wrong: anything between the two that is not empty and has neither a quotation mark nor a backslash in it
 * is one JSON string, so everything else means the same as before. When the template is made, a full reading confirms
 * that this string is the text. Chunks with escapes in their text do not fit; they are parsed like all others.
 */
export class ChunkTemplate {
  /** Ends with the text's opening quotation mark. */
  #before = '';
  /** Begins with the closing one; empty while there is no template. */
  #behind = '';
  #fitted = false;
  #useless = 0;

  /** Whether the data, if it is JSON at all, means a piece of text and nothing else. */
  fits(data: string): boolean {
    const textStart = this.#before.length;
    const textEnd = data.length - this.#behind.length;
    // Slices are compared in one go; `startsWith` looks at each character and takes 14 times as long.
    const fits =
      this.#behind !== '' &&
      textEnd > textStart &&
      data.indexOf('"', textStart) === textEnd &&
      data.slice(0, textStart) === this.#before &&
      data.slice(textEnd) === this.#behind &&
      !hasBackslash(data, textStart, textEnd);
    if (fits) this.#fitted = true;
    return fits;
  }

  /**
   * Makes a template of a chunk that is nothing but a piece of text, if it is clear where the text is.
   *
   * @param text what a full reading of `data` gives as its text
   * @param textOnly a full reading: the text of a chunk that is nothing else, otherwise null. May throw
   */
  learn(data: string, text: string, textOnly: (data: string) => string | null): void {
    if (this.#behind !== '' && !this.#fitted) this.#useless += 1;
    this.#behind = '';
    this.#fitted = false;
    if (this.#useless >= mostUseless) return;
    const textStart = data.indexOf(JSON.stringify(text)) + 1;
    if (textStart === 0) return; // written with other escapes than ours
    const before = data.slice(0, textStart);
    const behind = data.slice(textStart + JSON.stringify(text).length - 2);
    // The same characters may stand elsewhere too. A longer text in this place must be read as a longer text.
    const longer = `${text}x`;
    if (readOrNull(before + JSON.stringify(longer).slice(1, -1) + behind, textOnly) !== longer) return;
    this.#before = before;
    this.#behind = behind;
  }
}

function hasBackslash(data: string, start: number, end: number): boolean {
  const at = data.indexOf('\\', start);
  return at !== -1 && at < end;
}

function readOrNull(data: string, textOnly: (data: string) => string | null): string | null {
  try {
    return textOnly(data);
  } catch {
    return null;
  }
}
