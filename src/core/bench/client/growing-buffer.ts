const smallestCapacity = 512;

/** What is left when it grew: a long piece now and then should not be paid for with memory until the stream ends. */
const largestKept = 16 * 1024;

/** Bytes that come in pieces. Doubles its memory when it is full, so that appending costs the same however small they are. */
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

  /** All of it decoded as UTF-8; it is empty afterwards. */
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
