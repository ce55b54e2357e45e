/**
 * One seed from several numbers, such that neighbouring numbers give unrelated seeds: the finalizer of MurmurHash3 (Austin
 * Appleby, public domain) after each.
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
