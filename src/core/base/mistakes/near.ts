import { closest, distance } from 'fastest-levenshtein';

/**
 * The candidate that differs least, if the difference is small enough for a typing error; two swapped letters count as
 * 2.
 *
 * @param most the greatest difference, for a stricter choice
 */
export function near(text: string, candidates: readonly string[], most = Infinity): string | null {
  const meant = closest(text, candidates);
  const difference = distance(text, meant);
  return difference < text.length && difference <= Math.min(most, Math.ceil(text.length * 0.4)) ? meant : null;
}
