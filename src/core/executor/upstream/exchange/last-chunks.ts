/** The end of a stream, its usage and the reason why it ended are in its last events; a few more may follow. */
const keptEvents = 8;

/** Also of a stream whose events are cut in many pieces, or are very long. */
const leastChunks = 3;

/** More of one stream is not kept, in bytes. An event that repeats a whole answer, with its images, may have some megabytes. */
const mostBytes = 16 * 1024 * 1024;

/** The chunks of a stream that have its last events, however these are cut. */
export class LastChunks {
  readonly #chunks: Buffer[] = [];
  /** How many events end in each of them. */
  readonly #ends: number[] = [];
  #bytes = 0;
  #events = 0;

  /** @param events how many events end in the chunk, at least those that are not comments */
  push(chunk: Buffer, events: number): void {
    this.#chunks.push(chunk);
    this.#ends.push(events);
    this.#bytes += chunk.length;
    this.#events += events;
    while (this.#isFirstSpare()) {
      this.#bytes -= this.#chunks.shift()?.length ?? 0;
      this.#events -= this.#ends.shift() ?? 0;
    }
  }

  /** All of them together. */
  concat(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  /** The last events are complete without a chunk if the end of the event before them is in a later one. */
  #isFirstSpare(): boolean {
    if (this.#chunks.length <= leastChunks) return false;
    return this.#bytes > mostBytes || this.#events - (this.#ends[0] ?? 0) > keptEvents;
  }
}
