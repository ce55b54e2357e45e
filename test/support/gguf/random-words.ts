/** Overwrites the words with the next ones of its sequence. */
export type FillRandom = (words: Uint32Array) => void;

/**
 * The sfc32 generator (Chris Doty-Humphrey, PractRand, public domain), filling whole arrays at once: a call per word
 * would cost more than the arithmetic, and a benchmark model takes sixty million of them.
 *
 * @param seed any integer; only its low 32 bits count
 */
export function randomWords(seed: number): FillRandom {
  let a = seed | 0;
  let b = 0x9e3779b9 | 0;
  let c = 0x243f6a88 | 0;
  let counter = 1;

  const fill: FillRandom = (words) => {
    for (let i = 0; i < words.length; i++) {
      const next = (((a + b) | 0) + counter) | 0;
      counter = (counter + 1) | 0;
      a = b ^ (b >>> 9);
      b = (c + (c << 3)) | 0;
      c = (((c << 21) | (c >>> 11)) + next) | 0;
      words[i] = next;
    }
  };

  // The first outputs of neighbouring seeds resemble each other.
  fill(new Uint32Array(16));
  return fill;
}
