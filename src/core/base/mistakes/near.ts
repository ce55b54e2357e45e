import { distance } from 'fastest-levenshtein';

/**
 * The candidate that differs least, if the difference is small enough for a typing error: one letter in words of up to
 * four letters, and two fifths of the letters in longer ones. Two swapped neighbours count as one letter.
 *
 * @param most the greatest difference, for a stricter choice
 */
export function near(text: string, candidates: readonly string[], most = Infinity): string | null {
  const usual = text.length <= 4 ? 1 : Math.ceil(text.length * 0.4);
  let meant: string | null = null;
  let least = Math.min(usual + 1, most + 1, text.length);
  for (const candidate of candidates) {
    const difference = isSwapped(text, candidate) ? 1 : distance(text, candidate);
    if (difference < least) [meant, least] = [candidate, difference];
  }
  return meant;
}

/** Whether two neighbours are swapped, and nothing else differs. */
function isSwapped(text: string, candidate: string): boolean {
  if (text.length !== candidate.length || text === candidate) return false;
  let at = 0;
  while (text[at] === candidate[at]) at += 1;
  const isSwap = text[at] === candidate[at + 1] && text[at + 1] === candidate[at];
  return isSwap && text.slice(at + 2) === candidate.slice(at + 2);
}
