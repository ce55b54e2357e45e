import { distance } from 'fastest-levenshtein';

/**
 * The candidate that differs least, if the difference is small enough for a typing error: one letter in words of up to
 * four letters, and two fifths of the letters in longer ones. Two swapped neighbours count as one letter.
 */
export function near(text: string, candidates: readonly string[]): string | null {
  const spellings = swapped(text);
  const most = text.length <= 4 ? 1 : Math.ceil(text.length * 0.4);
  let meant: string | null = null;
  let least = Math.min(most + 1, text.length);
  for (const candidate of candidates) {
    const swap = 1 + Math.min(...spellings.map((each) => distance(each, candidate)));
    const difference = Math.min(distance(text, candidate), swap);
    if (difference < least) [meant, least] = [candidate, difference];
  }
  return meant;
}

/** The text with each pair of neighbours swapped. */
function swapped(text: string): readonly string[] {
  return Array.from(text.slice(1), (letter, index) => {
    return `${text.slice(0, index)}${letter}${text.charAt(index)}${text.slice(index + 2)}`;
  });
}
