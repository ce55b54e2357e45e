import { isRecord } from '../../../base/json.js';
import type { JsonRules } from '../../grammar/json-rules.js';
import type { GrammarBuilder, Item, RuleItem, Sequence } from '../../grammar/rules.js';

/** A node of a trie of texts. */
interface TrieNode {
  readonly children: Map<string, TrieNode>;
  ends: boolean;
}

/** One of these values: scalars as they are, lists and objects with the white space that all of them may have. */
export function oneOfValues(json: JsonRules, values: readonly unknown[]): RuleItem {
  const scalars = values.filter((value) => !isRecord(value));
  const others = values.filter(isRecord);
  const texts = oneOfTexts(
    json.builder,
    scalars.flatMap((value) => json.textsOf(value)),
  );
  return json.builder.rule([...(scalars.length > 0 ? [[texts]] : []), ...others.map((value) => exactly(json, value))]);
}

/** Exactly this value, with its members in this order. */
export function exactly(json: JsonRules, value: unknown): Sequence {
  const { builder, comma, gap } = json;
  if (!isRecord(value)) return json.exactly(value);
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  const parts = Array.isArray(value)
    ? value.map((each: unknown) => exactly(json, each))
    : Object.entries(value).map(([name, each]) => [...json.key(name), ...exactly(json, each)]);
  if (parts.length === 0) return builder.literal(open + close);
  const list = parts.flatMap((part, index) => (index === 0 ? part : [...comma, ...part]));
  return [...builder.literal(open), gap, ...list, gap, ...builder.literal(close)];
}

/**
 * One of these texts. Their common beginnings and endings exist once, because equal rules exist once.
 */
export function oneOfTexts(builder: GrammarBuilder, texts: readonly string[]): RuleItem {
  const root: TrieNode = { children: new Map(), ends: false };
  for (const text of texts) {
    let node = root;
    for (const char of text) {
      builder.budget.spend();
      const child: TrieNode = node.children.get(char) ?? { children: new Map(), ends: false };
      node.children.set(char, child);
      node = child;
    }
    node.ends = true;
  }
  if (texts.length === 0) return builder.rule([]);
  return builder.rule([trieEnd(builder, root)]);
}

/** A path through a trie without a branch. */
interface Edge {
  readonly text: readonly Item[];
  readonly to: TrieNode;
}

/**
 * The rest of a text after the beginning that a node stands for. Goes depth first, without recursion, because texts are
 * long.
 */
function trieEnd(builder: GrammarBuilder, root: TrieNode): Sequence {
  const edges = new Map<TrieNode, readonly Edge[]>();
  const ends = new Map<TrieNode, Sequence>();
  const open: TrieNode[] = [root];
  for (let node = open.at(-1); node !== undefined; node = open.at(-1)) {
    const known = edges.get(node);
    if (known === undefined) {
      const found = [...node.children].map(([char, child]) => edgeTo(builder, char, child));
      edges.set(node, found);
      for (const { to } of found) open.push(to);
      continue;
    }
    open.pop();
    const options: Sequence[] = known.map(({ text, to }) => [...text, ...(ends.get(to) ?? [])]);
    const [only = []] = options;
    if (node.ends && options.length > 0) options.push([]);
    ends.set(node, options.length > 1 ? [builder.rule(options)] : only);
  }
  return ends.get(root) ?? [];
}

function edgeTo(builder: GrammarBuilder, char: string, child: TrieNode): Edge {
  const text = [builder.char(char.codePointAt(0) ?? 0)];
  let to = child;
  while (to.children.size === 1 && !to.ends) {
    for (const [next, node] of to.children) {
      text.push(builder.char(next.codePointAt(0) ?? 0));
      to = node;
    }
  }
  return { text, to };
}
