interface Node {
  readonly next: Map<number, Node>;
  /** The node of the longest suffix of its text with which one of the texts begins; null for the root. */
  fallback: Node | null;
  /** Whether one of the texts ends here. */
  isEnd: boolean;
}

/**
 * Looks for texts in one that arrives in pieces. Each character is looked at once, however many texts there are and
 * however often they almost match (Aho and Corasick 1975).
 */
export class TextFinder {
  readonly #root = newNode(null);
  #node = this.#root;

  /** @param texts empty ones are ignored, because they would be everywhere */
  constructor(texts: readonly string[]) {
    for (const text of texts) if (text !== '') this.#add(text);
    this.#linkFallbacks();
  }

  /** Takes the next piece. @returns whether one of the texts ends in it */
  push(piece: string): boolean {
    let isFound = false;
    for (let at = 0; at < piece.length; at++) {
      this.#node = this.#after(this.#node, piece.charCodeAt(at));
      if (this.#node.isEnd) isFound = true;
    }
    return isFound;
  }

  #add(text: string): void {
    let node = this.#root;
    for (let at = 0; at < text.length; at++) {
      const character = text.charCodeAt(at);
      const next = node.next.get(character) ?? newNode(this.#root);
      node.next.set(character, next);
      node = next;
    }
    node.isEnd = true;
  }

  /** Level by level, so that the fallbacks of shorter beginnings are there. */
  #linkFallbacks(): void {
    let level = [...this.#root.next.values()];
    while (level.length > 0) {
      const deeper: Node[] = [];
      for (const node of level) {
        for (const [character, next] of node.next) {
          next.fallback = this.#after(node.fallback ?? this.#root, character);
          if (next.fallback.isEnd) next.isEnd = true;
          deeper.push(next);
        }
      }
      level = deeper;
    }
  }

  #after(from: Node, character: number): Node {
    let node: Node | null = from;
    while (node !== null) {
      const next = node.next.get(character);
      if (next !== undefined) return next;
      node = node.fallback;
    }
    return this.#root;
  }
}

function newNode(fallback: Node | null): Node {
  return { next: new Map(), fallback, isEnd: false };
}
