import { literally } from './patterns.js';

/** Code units of text that are tokenised at once: some 5 ms with SmolLM2's tokenizer. */
const pieceLength = 16_384;

/** Text that is tokenised at once. */
export interface Part {
  readonly text: string;
  /** Whether it continues in the middle of a text. */
  readonly isContinued: boolean;
}

export interface CutRules {
  /** Whether a text may continue with this character, in a run. */
  readonly mayCutRun: (character: string) => boolean;
  /** Matches where a text may be cut: see `cutPattern`. */
  readonly places: RegExp;
}

/**
 * Where a long text can be cut without changing its tokens: where no token of the vocabulary could contain characters
 * from both sides, and where the following text is read in the same way if it stands at the beginning.
 *
 * - before a space between two letters. Every tokenizer that we know begins a word there. If no token has a space behind a digit
 *   either, the same holds for digits;
 * - behind a letter, before digits and punctuation: tokenizers that divide a text into words end one there;
 * - behind a newline that is alone, before a letter: it is white space, and does not belong to the word;
 * - in a run of thousands of the same character, at a multiple of {@link runUnit} from its beginning. Tokens for such
 *   runs are built by doubling, from left to right. No text that means anything is cut there.
 */
export function* cut(text: string, rules: CutRules): Generator<Part> {
  let from = 0;
  while (text.length - from > pieceLength) {
    const to = nextCut(text, from, rules);
    if (to === text.length) break;
    yield { text: text.slice(from, to), isContinued: from > 0 };
    from = to;
  }
  yield { text: text.slice(from), isContinued: from > 0 };
}

/** A multiple of the length of every known token for a run; the longest are 128. */
const runUnit = 4096;

function nextCut(text: string, from: number, { mayCutRun, places }: CutRules): number {
  const least = from + pieceLength;
  const inRun = cutInRun(text, from, least);
  if (inRun !== null && mayCutRun(text.charAt(inRun))) return inRun;
  places.lastIndex = least;
  return places.exec(text)?.index ?? text.length;
}

/** The last cut before a position in the run around this position; null if that run is too short. */
function cutInRun(text: string, from: number, position: number): number | null {
  const character = text.charAt(position);
  let start = position;
  while (start > from && text.charAt(start - 1) === character) start -= 1;
  const end = start + Math.floor((position - start) / runUnit) * runUnit;
  const goesOn = end > start && text.startsWith(character.repeat(runUnit), end);
  return goesOn ? end : null;
}

/** Cuts a text inside each of these names, after its first character. */
export function apart(text: string, names: readonly string[]): readonly string[] {
  const ends = [...text.matchAll(new RegExp(names.map(beginningOf).join('|'), 'gu'))].map(
    ({ index, 0: first }) => index + first.length,
  );
  return [0, ...ends].map((start, index) => text.slice(start, ends[index])).filter((piece) => piece !== '');
}

/** A pattern for the first character of a name, where the rest of the name follows. */
function beginningOf(name: string): string {
  const [first = '', ...rest] = name;
  return `${literally(first)}(?=${literally(rest.join(''))})`;
}
