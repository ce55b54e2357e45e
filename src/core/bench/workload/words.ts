import { mixSeeds, type Random, seededRandom } from '../../base/random.js';

/** How many tokens a prompt of our words has: `overhead + perWord × words`, as measured with the server. */
export interface TokenScale {
  /** Tokens of the chat template around a message. */
  readonly overhead: number;
  readonly perWord: number;
}

/** For servers that do not report the length of prompts: typical of English and vocabularies of 32,000 and more. */
export const assumedScale: TokenScale = { overhead: 0, perWord: 1.1 };

/** The words with which all prompts begin. The chat template before them is shared in any case. */
export function sharedPrefix(seed: number, tokens: number, scale: TokenScale): string {
  if (tokens === 0) return '';
  return `${drawWords(wordsFor(tokens, scale), seededRandom(mixSeeds(seed, 0x5eed)))} `;
}

export function wordsFor(tokens: number, { overhead, perWord }: TokenScale): number {
  return Math.max(1, Math.round((tokens - overhead) / perWord));
}

/** Short and common, so that most tokenizers make one token of each. */
const words = `
time year people way day man thing woman life child world school state family student group country problem hand part
place case week company system program question work government number night point home water room mother area money
story fact month lot right study book eye job word business issue side kind head house service friend father power hour
game line end member law car city name team minute idea body back face level office door health person art war history
party result change morning reason research girl guy moment air teacher force order light voice paper space ground form
event matter center couple site project activity star table need court effect food music bank rate table wall field
north south east west river road tree stone fire wind rain snow sun moon bird fish horse dog cat bread milk salt glass
iron gold silver paint cloth ship train bridge market garden kitchen window letter picture song dance race ball coat
hat shoe bag box key lock clock map coin card`
  .trim()
  .split(/\s+/);

/** Random words, separated by spaces. */
export function drawWords(count: number, random: Random): string {
  const drawn: string[] = [];
  for (let i = 0; i < count; i += 1) drawn.push(words[Math.floor(random() * words.length)] ?? '');
  return drawn.join(' ');
}

/**
 * Words whose lengths are spread as in the whole list, so that they have as many tokens as drawn words have on average.
 *
 * @param count at most as many as there are
 */
export function typicalWords(count: number): string {
  const byLength = [...words].sort().sort((one, other) => one.length - other.length);
  const evenly = Array.from({ length: count }, (_, index) => Math.floor(((index + 0.5) / count) * byLength.length));
  return evenly.map((index) => byLength[index]).join(' ');
}
