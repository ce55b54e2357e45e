const smallestCapacity = 512;

/** The most memory that is kept: an occasional long piece should not occupy memory until the stream ends. */
const largestKept = 16 * 1024;

/**
 * Collects bytes that arrive in pieces. It doubles its memory when it is full, so appending costs the same however
 * small they are.
 */
export class GrowingBuffer {
  #bytes = Buffer.alloc(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Copies them: a piece may be a view of something far larger. */
  append(piece: Buffer): void {
    const needed = this.#length + piece.length;
    if (needed > this.#bytes.length) this.#grow(needed);
    piece.copy(this.#bytes, this.#length);
    this.#length = needed;
  }

  /** Returns the content decoded as UTF-8, and empties the buffer. */
  takeText(): string {
    const text = this.#bytes.toString('utf8', 0, this.#length);
    this.#length = 0;
    if (this.#bytes.length > largestKept) this.#bytes = Buffer.alloc(0);
    return text;
  }

  #grow(needed: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(smallestCapacity, needed, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}
