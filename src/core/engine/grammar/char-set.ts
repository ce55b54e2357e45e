/**
 * A set of Unicode code points: the first and last one of each range, in turn, ascending and with gaps between the
 * ranges. Surrogates are never in a set, because UTF-8 cannot encode them.
 */
export type CharSet = readonly number[];

type CharRange = readonly [first: number, last: number];

const lastCodePoint = 0x10ffff;
const surrogates = { first: 0xd800, last: 0xdfff } as const;

export const noChars: CharSet = [];

/** All code points that UTF-8 can encode. */
export const allChars: CharSet = [0, surrogates.first - 1, surrogates.last + 1, lastCodePoint];

/** The set of these ranges, which may overlap and come in any order. */
export function charSet(...ranges: readonly CharRange[]): CharSet {
  return charSetOf(ranges);
}

/** Like {@link charSet}, for any number of ranges, because a call takes some 100,000 arguments at most. */
export function charSetOf(ranges: Iterable<CharRange>): CharSet {
  const sorted = [...ranges].sort(([a], [b]) => a - b);
  const merged: number[] = [];
  for (const [first, last] of sorted) {
    const end = merged.at(-1);
    if (end !== undefined && first <= end + 1) merged[merged.length - 1] = Math.max(end, last);
    else merged.push(first, last);
  }
  return intersection(merged, allChars);
}

/** The set of the characters of a text. */
export function charsOf(text: string): CharSet {
  return charSetOf(codePoints(text).map((point) => [point, point] as const));
}

/** The code points of a text. A lone surrogate counts as one. */
export function codePoints(text: string): number[] {
  const points: number[] = [];
  for (const char of text) points.push(char.codePointAt(0) ?? 0);
  return points;
}

export function singleChar(codePoint: number): CharSet {
  return [codePoint, codePoint];
}

/** Takes a logarithmic number of steps, because Unicode classes have hundreds of ranges. */
export function contains(set: CharSet, codePoint: number): boolean {
  let [low, high] = [0, set.length / 2];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at(set, 2 * middle + 1) < codePoint) low = middle + 1;
    else high = middle;
  }
  return low < set.length / 2 && at(set, 2 * low) <= codePoint;
}

export function* rangesOf(set: CharSet): Generator<readonly [first: number, last: number]> {
  for (let index = 0; index < set.length; index += 2) yield [at(set, index), at(set, index + 1)];
}

/** Number of code points in the set. */
export function sizeOf(set: CharSet): number {
  let size = 0;
  for (const [first, last] of rangesOf(set)) size += last - first + 1;
  return size;
}

export function union(...sets: readonly CharSet[]): CharSet {
  return unionOf(sets);
}

/** Like {@link union}, for any number of sets. */
export function unionOf(sets: readonly CharSet[]): CharSet {
  const [only] = sets;
  if (only !== undefined && sets.length === 1) return only;
  return charSetOf(sets.flatMap((set) => [...rangesOf(set)]));
}

export function intersection(left: CharSet, right: CharSet): CharSet {
  const common: number[] = [];
  let [i, j] = [0, 0];
  while (i < left.length && j < right.length) {
    const first = Math.max(at(left, i), at(right, j));
    const last = Math.min(at(left, i + 1), at(right, j + 1));
    if (first <= last) common.push(first, last);
    if (at(left, i + 1) < at(right, j + 1)) i += 2;
    else j += 2;
  }
  return common;
}

export function complement(set: CharSet): CharSet {
  const rest: number[] = [];
  let next = 0;
  for (const [first, last] of rangesOf(set)) {
    if (next < first) rest.push(next, first - 1);
    next = last + 1;
  }
  if (next <= lastCodePoint) rest.push(next, lastCodePoint);
  return intersection(rest, allChars);
}

export function difference(left: CharSet, right: CharSet): CharSet {
  return intersection(left, complement(right));
}

/** Characters that are in the same sets. */
export interface Part {
  readonly chars: CharSet;
  /** Indices of the sets that contain them, ascending; at least one. */
  readonly members: readonly number[];
}

/** Cuts sets into disjoint parts, each of which lies either inside or outside every set. */
export function partition(sets: readonly CharSet[]): Part[] {
  const [only] = sets;
  if (only !== undefined && sets.length === 1) return only.length === 0 ? [] : [{ chars: only, members: [0] }];
  const edges: { readonly point: number; readonly index: number; readonly enters: boolean }[] = [];
  for (const [index, set] of sets.entries()) {
    for (const [first, last] of rangesOf(set)) {
      edges.push({ point: first, index, enters: true }, { point: last + 1, index, enters: false });
    }
  }
  edges.sort((a, b) => a.point - b.point);
  const parts = new Map<string, { readonly ranges: [number, number][]; readonly members: readonly number[] }>();
  const inside = new Set<number>();
  let from = 0;
  for (const { point, index, enters } of edges) {
    if (inside.size > 0 && from < point) {
      const members = [...inside].sort((a, b) => a - b);
      const key = members.join();
      const part = parts.get(key);
      if (part === undefined) parts.set(key, { ranges: [[from, point - 1]], members });
      else part.ranges.push([from, point - 1]);
    }
    from = point;
    if (enters) inside.add(index);
    else inside.delete(index);
  }
  return [...parts.values()].map(({ ranges, members }) => ({ chars: charSetOf(ranges), members }));
}

function at(set: CharSet, index: number): number {
  return set[index] ?? 0;
}
