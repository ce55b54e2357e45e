/** A seeded source of uniform numbers in [0, 1). */
export type Random = () => number;

/**
 * Mulberry32 (Tommy Ettinger, 2017, public domain): 32 bits of state, period 2^32. The same seed gives the same numbers.
 *
 * @param seed any integer; only its low 32 bits count
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Derives one seed from several numbers; neighbouring numbers give unrelated seeds. It applies the finalizer of
 * MurmurHash3 (Austin Appleby, public domain) after each number.
 */
export function mixSeeds(...numbers: readonly number[]): number {
  let mixed = 0;
  for (const number of numbers) {
    mixed = (Math.imul(mixed, 31) + number) >>> 0;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    mixed = (mixed ^ (mixed >>> 16)) >>> 0;
  }
  return mixed;
}

/** One number of the standard normal distribution. The transform of G. E. P. Box and M. E. Muller (1958). */
export function standardNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
