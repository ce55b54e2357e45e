/** A word has 2⁵ bits. */
const wordShift = 5;
/** A block has 2⁸ bits, eight words: half a cache line. */
const blockShift = 8;
const wordsPerBlockShift = blockShift - wordShift;

/**
 * A vector of bits that can be set and cleared, and that counts how many bits are set up to a given one: its rank
 * (G. Jacobson, 1989).
 *
 * A Fenwick tree (P. M. Fenwick, 1994) holds sums over blocks of 256 bits; inside a block the bits themselves are
 * counted. 262,144 bits take 32 KiB and their tree 4 KiB, so every operation stays in the processor's nearest caches,
 * where a tree over single bits would take a megabyte.
 *
 * ```text
 * block    1   2   3   4   5   6   7   8      256 bits each, in 8 words of 32
 * sums[1]  ■
 * sums[2]  ■■■■■                              node n sums as many blocks as the lowest set bit of n says,
 * sums[3]          ■                          and block n is the last of them
 * sums[4]  ■■■■■■■■■■■■■
 * sums[5]                  ■
 * sums[6]                  ■■■■■
 *
 * rank of a bit in block 7 = sums[6] + sums[4]          the blocks before it: at most log₂(blocks) nodes
 *                          + words of block 7 before it at most 7
 *                          + its own word, up to it
 * ```
 */
export class RankedBits {
  readonly #words: Int32Array;
  /** Indexed by block, from 1. */
  readonly #sums: Int32Array;

  /**
   * @param length a multiple of 256
   * @param setBits how many bits, from the first one on, are set initially
   */
  constructor(length: number, setBits = 0) {
    const fullWords = setBits >>> wordShift;
    this.#words = new Int32Array(length >>> wordShift).fill(-1, 0, fullWords);
    if (setBits < length) this.#words[fullWords] = (1 << (setBits & 31)) - 1;
    this.#sums = new Int32Array((length >>> blockShift) + 1).map((_, node) => {
      const blocks = node & -node;
      const before = (node - blocks) << blockShift;
      return Math.max(0, Math.min(setBits - before, blocks << blockShift));
    });
  }

  has(index: number): boolean {
    return (((this.#words[index >>> wordShift] ?? 0) >>> (index & 31)) & 1) === 1;
  }

  /** The bit must be clear. */
  set(index: number): void {
    this.#flip(index, 1);
  }

  /** The bit must be set. */
  clear(index: number): void {
    this.#flip(index, -1);
  }

  /** How many bits are set up to this one, itself included. */
  rank(index: number): number {
    let sum = 0;
    const block = index >>> blockShift;
    for (let node = block; node > 0; node &= node - 1) sum += this.#sums[node] ?? 0;
    const last = index >>> wordShift;
    for (let word = block << wordsPerBlockShift; word < last; word += 1) sum += popCount(this.#words[word] ?? 0);
    return sum + popCount((this.#words[last] ?? 0) << (31 - (index & 31)));
  }

  #flip(index: number, amount: 1 | -1): void {
    const word = index >>> wordShift;
    this.#words[word] = (this.#words[word] ?? 0) ^ (1 << (index & 31));
    for (let node = (index >>> blockShift) + 1; node < this.#sums.length; node += node & -node) {
      this.#sums[node] = (this.#sums[node] ?? 0) + amount;
    }
  }
}

/** How many of 32 bits are set (H. S. Warren, Hacker's Delight, 5-1). */
function popCount(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const nibbles = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
