const lineFeed = 0x0a;
const blankLines = [Buffer.from('\n\n'), Buffer.from('\n\r\n')];

/** Anything longer is passed on before its end. */
const longestEvent = 1024 * 1024;

/**
 * Divides a stream of server-sent events between two events. What begins an event is held back until its end, so that
 * a comment or an error can follow at any time.
 */
export class WholeEvents {
  #held: Buffer = Buffer.alloc(0);
  #isCut = false;

  /** Whether a part of an event has been passed on, and nothing of its rest. */
  get isCut(): boolean {
    return this.#isCut;
  }

  /**
   * @param chunk a part of the stream, cut anywhere
   * @returns the events that are complete by now, possibly none
   */
  push(chunk: Buffer): Buffer {
    const all = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    const whole = endOfEvents(all);
    const mustCut = whole === 0 && all.length > longestEvent;
    const end = mustCut ? all.length : whole;
    this.#held = all.subarray(end);
    if (end > 0) this.#isCut = mustCut;
    return end === all.length ? all : all.subarray(0, end);
  }

  /** What has come after the last complete event. */
  takeRest(): Buffer {
    const rest = this.#held;
    this.#held = Buffer.alloc(0);
    return rest;
  }
}

/** The length of all events that are complete. Nearly always, the bytes end with one. */
function endOfEvents(bytes: Buffer): number {
  const { length } = bytes;
  if (bytes[length - 1] === lineFeed && bytes[length - 2] === lineFeed) return length;
  const ends = blankLines.map((line) => {
    const at = bytes.lastIndexOf(line);
    return at < 0 ? 0 : at + line.length;
  });
  return Math.max(...ends);
}
