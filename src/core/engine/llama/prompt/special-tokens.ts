import type { Token } from '../../engine.js';

/** A token whose text is looked for in a prompt before anything else. */
export interface SpecialToken {
  readonly token: Token;
  readonly text: string;
  /**
   * `control`: found only if special tokens are requested, such as the marks of a template. `user_defined`: always
   * found, like `</think>` in many vocabularies.
   */
  readonly type: 'control' | 'user_defined';
  /** Whether white space before or behind it is dropped. */
  readonly strips: { readonly left: boolean; readonly right: boolean };
}

/** A special token with its position in the order in which llama.cpp looks for them: long texts first. */
export interface RankedToken extends SpecialToken {
  readonly rank: number;
  readonly bytes: number;
  /** Whether content may not produce it: see {@link isProtected}. */
  readonly isProtected: boolean;
}

interface Node {
  readonly children: Map<number, Node>;
  /** Most nodes have one child. Comparing its character is several times as fast as asking the map. */
  onlyCharacter: number;
  onlyChild: Node | null;
  token: RankedToken | null;
}

/** Which special tokens count. */
export interface Counting {
  /** Whether control tokens do. User-defined ones always do. */
  readonly control: boolean;
  /** Protected tokens do not count where this is 1: see {@link TracedText}. */
  readonly fromContent: Uint8Array | null;
}

/** A text, and which of its characters come from content. */
export interface TracedText {
  readonly text: string;
  /** 1 for each UTF-16 code unit that a client wrote; null if no special token can contain any of them. */
  readonly fromContent: Uint8Array | null;
}

/** A user-defined token that is written like a control token: some conversions of models confuse the two. */
const markPattern = /^<[|｜].*[|｜]>$/su;

/** Text from clients never becomes one of these tokens. */
function isProtected({ type, text }: SpecialToken): boolean {
  return type === 'control' || markPattern.test(text);
}

/** The special tokens of a vocabulary, to be found in a text in time that is linear in its length. */
export class SpecialTokens {
  /**
   * In the order in which llama.cpp looks for them. It does not define the order of tokens of equal length; here, it is
   * by number.
   */
  readonly ranked: readonly RankedToken[];
  readonly protectedTexts: readonly string[];
  /** Those of them that a tokenizer finds in any text. */
  readonly protectedUserDefined: readonly string[];
  /** Whether any token drops the white space beside it. */
  readonly canStrip: boolean;
  readonly #root = newNode();

  constructor(tokens: readonly SpecialToken[]) {
    this.ranked = tokens
      .map((token) => ({ ...token, bytes: Buffer.byteLength(token.text), isProtected: isProtected(token) }))
      .sort((a, b) => b.bytes - a.bytes || a.token - b.token)
      .map((token, rank) => ({ ...token, rank }));
    const protectedTokens = this.ranked.filter((token) => token.isProtected);
    this.protectedTexts = protectedTokens.map(({ text }) => text);
    this.protectedUserDefined = protectedTokens.filter(({ type }) => type === 'user_defined').map(({ text }) => text);
    this.canStrip = tokens.some(({ strips }) => strips.left || strips.right);
    for (const token of this.ranked) this.#add(token);
  }

  /** Whether a special token may begin with this UTF-16 code unit. */
  beginsWith(character: number): boolean {
    return this.#root.children.has(character);
  }

  /** The longest special token that counts, begins at `position` and ends at `end` or before it. */
  longestAt(text: string, position: number, end: number, { control, fromContent }: Counting): RankedToken | null {
    let longest: RankedToken | null = null;
    let node: Node | null = this.#root;
    let isTemplates = true;
    for (let at = position; at < end; at += 1) {
      node = childOf(node, text.charCodeAt(at));
      if (node === null) break;
      if (fromContent !== null && fromContent[at] === 1) isTemplates = false;
      const { token } = node;
      if (token === null || (token.type === 'control' && !control)) continue;
      if (isTemplates || !token.isProtected) longest = token;
    }
    return longest;
  }

  #add(token: RankedToken): void {
    let node = this.#root;
    for (let at = 0; at < token.text.length; at += 1) {
      const character = token.text.charCodeAt(at);
      let child = node.children.get(character);
      if (child === undefined) {
        child = newNode();
        node.children.set(character, child);
        node.onlyCharacter = node.children.size === 1 ? character : -1;
        node.onlyChild = node.children.size === 1 ? child : null;
      }
      node = child;
    }
    // Of several tokens with the same text, the first one is found.
    node.token ??= token;
  }
}

function newNode(): Node {
  return { children: new Map(), onlyCharacter: -1, onlyChild: null, token: null };
}

function childOf(node: Node, character: number): Node | null {
  if (node.onlyChild !== null) return node.onlyCharacter === character ? node.onlyChild : null;
  return node.children.get(character) ?? null;
}
