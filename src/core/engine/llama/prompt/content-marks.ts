import { ChatstreamError } from '../../../base/errors.js';
import { codeIn } from '../../../base/jinja.js';
import { MarkedString, MarkSet, usedMarks } from './marks.js';
import { Pacer } from './pacer.js';
import { literally } from './patterns.js';
import { ProtectedTexts } from './protected-texts.js';
import type { TracedText } from './special-tokens.js';
import { mapStrings, type Place, stringsOf } from './template-input.js';

/**
 * How much of a content is marked, from most to least:
 *
 * - `all`: every character that occurs in a name, except in words that the template itself writes between quotes and that
 *   no name contains or could begin or end in, and except in keys that are words of the template;
 * - `most`: the same, but strings that are words of the template stay as they are, and so do strings that no name contains
 *   or could begin or end in, such as identifiers of calls;
 * - `edges`: the names; the beginning of a name at the end of a string; and the end of a name at the beginning of one:
 *   the template's own text, or the next string, might complete these;
 * - `names`: of each name, the first and the last character.
 */
const levels = ['all', 'most', 'edges', 'names'] as const;
type Level = (typeof levels)[number];

/** The level of each part of a content; `names` if left out. */
type Levels = Readonly<Partial<Record<string, Level>>>;

/**
 * Prevents text from clients from becoming special tokens, whatever a template does with it.
 *
 * Before a chat is rendered, characters of its content are replaced by marks: private-use characters that occur nowhere
 * else. The rendered text then shows which of its characters are content, and is converted back. Only characters that
 * occur in the names of special tokens are replaced, each by its own mark, so that lengths, white space, quotes and the
 * order of strings stay the same.
 *
 * The more is marked, the more is known. But a template may look for what was replaced (`'</think>' in content`), and
 * then the text would differ from the reference rendering of this chat. So the chat is also rendered with the fewest
 * marks, which only hide the names; then, for messages, tools and so on in turn, the highest {@link levels | level}
 * that gives the same text is used.
 *
 * Below `all`, a template that deletes, changes or sorts its input could build a name out of characters without marks.
 * So the names that the template writes are those of the fully marked rendering. If the other rendering has different
 * ones, it is dropped, and with it what the template does with the words that it looks for.
 */
export class ContentMarks {
  readonly #names: ProtectedTexts;
  /** Words of the template: names of fields and variables, and its literals. */
  readonly #words: ReadonlySet<string>;
  /** Words that may be keys. A part of a literal is not one, because it may be a part of a name. */
  readonly #keys: ReadonlySet<string>;
  /** Literals of the template that are not parts of names; null if there are none. */
  readonly #literals: RegExp | null;
  /** Marks that the template or a name uses itself. */
  readonly #reserved: ReadonlySet<number>;
  readonly #usualMarks: MarkSet;

  /** @param names of special tokens that content may not produce */
  constructor(names: readonly string[], templateSource: string) {
    this.#names = new ProtectedTexts(names);
    const literals = literalsOf(templateSource);
    this.#words = new Set([...(templateSource.match(identifier) ?? []), ...literals]);
    const identifiers = codeIn(templateSource).replace(quoted, ' ').match(identifier) ?? [];
    this.#keys = new Set([...identifiers, ...literals.flatMap((literal) => [literal, ...literal.split('.')])]);
    const kept = literals.filter((literal) => literal.length > 1 && !this.#names.canUse(literal));
    kept.sort((a, b) => b.length - a.length);
    this.#literals = kept.length === 0 ? null : new RegExp(kept.map(literally).join('|'), 'gu');
    this.#reserved = usedMarks([templateSource, ...names]);
    this.#usualMarks = new MarkSet(this.#names.alphabet, this.#reserved);
  }

  /**
   * Renders content so that the text shows which characters come from it.
   *
   * @param render called with the content, marked or not, and a character that occurs in neither the content nor the
   *   template
   * @throws ChatstreamError `invalid_request` if the content uses so many private-use characters that too few are left
   */
  async trace<T extends object>(
    content: T,
    render: (content: T, unused: string) => string,
    signal?: AbortSignal,
  ): Promise<TracedText> {
    const strings = [...stringsOf(Object.values(content))];
    const marks = this.#marksFor(strings.map(({ text }) => text));
    if (!strings.some(({ text, place }) => this.#isUsable(text, place, 'all'))) {
      return { text: render(content, marks.unused), fromContent: null };
    }
    const pacer = new Pacer(signal);
    const rendered = async (chosen: Levels): Promise<TracedText> => {
      if (pacer.isDue) await pacer.rest();
      return marks.read(render(this.#marked(content, chosen, marks), marks.unused));
    };
    const unmarked = async (): Promise<TracedText> => {
      try {
        return await rendered({});
      } catch (error) {
        // The template's own message may quote the content, and should not show marks.
        render(content, marks.unused);
        throw error;
      }
    };
    const least = await unmarked();
    const parts = Object.entries(content).flatMap(([part, value]) => (value === undefined ? [] : [part]));
    const full = await this.#fullyMarked(parts, rendered);
    if (full.text === least.text) return full;
    const chosen = await highest(parts, least, rendered);
    return this.#names.areEqualIn(chosen, full) ? chosen : full;
  }

  /**
   * Some templates refuse values other than their own words, or count the bytes of identifiers. A part with such values
   * is marked at the next level.
   *
   * @throws ChatstreamError `invalid_request` for a template that refuses that too
   */
  async #fullyMarked(parts: readonly string[], rendered: (chosen: Levels) => Promise<TracedText>): Promise<TracedText> {
    const everywhere = (level: Level): Levels => Object.fromEntries(parts.map((part) => [part, level]));
    const all = await attempt(() => rendered(everywhere('all')));
    if (all !== null) return all;
    let chosen = everywhere('most');
    let traced = await rendered(chosen);
    for (const part of parts) {
      const more = await attempt(() => rendered({ ...chosen, [part]: 'all' }));
      if (more === null) continue;
      chosen = { ...chosen, [part]: 'all' };
      traced = more;
    }
    return traced;
  }

  /** Content keeps its type: only its strings change. */
  #marked<T extends object>(content: T, chosen: Levels, marks: MarkSet): T {
    const parts: [string, unknown][] = Object.entries(content);
    const marked = parts.map(([part, value]) => {
      const level = chosen[part] ?? 'names';
      return [part, mapStrings(value, (text, place) => this.#markedString(text, place, level, marks))];
    });
    return Object.fromEntries(marked) as T;
  }

  #marksFor(strings: readonly string[]): MarkSet {
    const used = usedMarks(strings);
    return used.size === 0
      ? this.#usualMarks
      : new MarkSet(this.#names.alphabet, new Set([...this.#reserved, ...used]));
  }

  #markedString(text: string, place: Place, level: Level, marks: MarkSet): string {
    if (!this.#isUsable(text, place, level)) return text;
    const marked = new MarkedString(text, marks);
    const mark = (at: number): void => {
      marked.mark(at);
    };
    this.#names.visitNames(text, mark);
    if (level === 'names') return marked.toString();
    this.#names.visitEdges(text, mark);
    const isKept = place === 'key' ? this.#keys.has(text.trim()) : level === 'most' && this.#words.has(text.trim());
    if (level === 'edges' || isKept) return marked.toString();
    let end = 0;
    for (const { index, 0: literal } of this.#literals === null ? [] : text.matchAll(this.#literals)) {
      marked.markAll(end, index);
      end = index + literal.length;
    }
    marked.markAll(end, text.length);
    return marked.toString();
  }

  /**
   * Whether a name could use a part of this string: any character counts if the template deletes or changes others.
   * Keys that the template names belong to the template.
   */
  #isUsable(text: string, place: Place, level: Level): boolean {
    if (place === 'key' && this.#keys.has(text)) return this.#names.isIn(text);
    return level === 'all' ? this.#names.shareCharacters(text) : this.#names.canUse(text);
  }
}

/** The text with the highest level for each part that changes nothing. */
async function highest(
  parts: readonly string[],
  least: TracedText,
  rendered: (chosen: Levels) => Promise<TracedText>,
): Promise<TracedText> {
  let chosen: Levels = {};
  let traced = least;
  for (const part of parts) {
    for (const level of levels) {
      const more = await attempt(() => rendered({ ...chosen, [part]: level }));
      if (more?.text !== traced.text) continue;
      chosen = { ...chosen, [part]: level };
      traced = more;
      break;
    }
  }
  return traced;
}

/** The text of a rendering; null if the template refuses the marked content. */
async function attempt(render: () => Promise<TracedText>): Promise<TracedText | null> {
  try {
    return await render();
  } catch (error) {
    if (error instanceof ChatstreamError) return null;
    throw error;
  }
}

const identifier = /[\p{L}\p{N}_]+/gu;
const quoted = /'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"/gsu;

/** The texts between quotes in a template. */
function literalsOf(source: string): string[] {
  const found = codeIn(source).matchAll(quoted);
  return [...found].map(([, single, double]) => unescaped(single ?? double ?? ''));
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

function unescaped(literal: string): string {
  return literal.replace(/\\(.)/gsu, (_, character: string) => escapes[character] ?? character);
}
