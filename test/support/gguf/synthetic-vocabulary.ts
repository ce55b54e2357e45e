/** The special tokens, in the order of their numbers, which start at 256. */
export const specialTokens = {
  /** Opens a message of a ChatML prompt; the role follows. */
  startOfMessage: '<|im_start|>',
  /** Ends a message: the end-of-turn token, and the end-of-sequence token too. */
  endOfTurn: '<|im_end|>',
  /** Begins a sequence if the model asks for that. llama.cpp takes it for an end of generation as well. */
  beginningOfSequence: '<|endoftext|>',
} as const;

const byteTokens = 256;

/** The smallest vocabulary: every byte, every special token and one merge, without which llama.cpp refuses to load. */
export const smallestVocabulary = byteTokens + Object.keys(specialTokens).length + 1;

export interface Vocabulary {
  /** Token texts by token number, in GPT-2's spelling of bytes. */
  readonly tokens: readonly string[];
  /** `llama_token_type` by token number. */
  readonly types: readonly number[];
  /** `left right` in order of precedence. */
  readonly merges: readonly string[];
  readonly endOfTurn: number;
  readonly beginningOfSequence: number;
  /** What a reply should not contain: the special tokens, and the control characters that would garble a terminal. */
  readonly silent: ReadonlySet<number>;
}

const tokenType = { normal: 1, control: 3 } as const;

/**
 * A byte-level BPE vocabulary: 256 bytes, so that any text can be expressed and half characters occur, then the special
 * tokens, then made-up words that merges build letter by letter.
 *
 * @param size tokens in all, at least {@link smallestVocabulary}
 */
export function syntheticVocabulary(size: number): Vocabulary {
  const bytes = Array.from({ length: byteTokens }, (_, byte) => spellingOfByte(byte));
  const special = Object.values(specialTokens);
  const merges = takeMerges(size - bytes.length - special.length);
  const tokens = [...bytes, ...special, ...merges.map(([left, right]) => left + right)];
  const specialNumbers = special.map((token) => tokens.indexOf(token));
  const controlCharacters = bytes.map((_, byte) => byte).filter(isControlCharacter);
  return {
    tokens,
    types: tokens.map((_, token) => (specialNumbers.includes(token) ? tokenType.control : tokenType.normal)),
    merges: merges.map((pair) => pair.join(' ')),
    endOfTurn: tokens.indexOf(specialTokens.endOfTurn),
    beginningOfSequence: tokens.indexOf(specialTokens.beginningOfSequence),
    silent: new Set([...specialNumbers, ...controlCharacters]),
  };
}

/** GPT-2 writes printable Latin-1 bytes as themselves and gives the others, in order, the characters from U+0100 on. */
function spellingOfByte(byte: number): string {
  if (isPrintable(byte)) return String.fromCharCode(byte);
  let othersBefore = 0;
  for (let other = 0; other < byte; other++) if (!isPrintable(other)) othersBefore++;
  return String.fromCharCode(0x100 + othersBefore);
}

function isPrintable(byte: number): boolean {
  return (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte !== 0xad);
}

/** Those of ASCII, but not the tab and the line feed. */
function isControlCharacter(byte: number): boolean {
  return (byte < 0x20 && byte !== 0x09 && byte !== 0x0a) || byte === 0x7f;
}

type Merge = readonly [left: string, right: string];

function takeMerges(count: number): Merge[] {
  const merges: Merge[] = [];
  for (const merge of wordMerges()) {
    if (merges.length >= count) break;
    merges.push(merge);
  }
  return merges;
}

const lettersByFrequency = 'etaoinshrdlucmfwypvbgkjqxz';

/** Every sequence of letters, the short ones first, with a space before it and without: ` e`, ` t`, … ` ee`, `ee`, … */
function* wordMerges(): Generator<Merge, never, undefined> {
  const space = spellingOfByte(0x20);
  const beginnings = [''];
  // The list grows while it is walked: a word comes only after its own beginning, as BPE wants it.
  for (const beginning of beginnings) {
    for (const letter of lettersByFrequency) {
      beginnings.push(beginning + letter);
      yield [space + beginning, letter];
      if (beginning !== '') yield [beginning, letter];
    }
  }
  throw new Error('unreachable: the list of beginnings never ends');
}
