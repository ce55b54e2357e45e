import { closest, distance } from 'fastest-levenshtein';

/** The candidate that differs least, if that is little enough for a typing error; two swapped letters differ by 2. */
export function near(text: string, candidates: readonly string[]): string | null {
  const meant = closest(text, candidates);
  const difference = distance(text, meant);
  return difference < text.length && difference <= Math.ceil(text.length * 0.4) ? meant : null;
}
