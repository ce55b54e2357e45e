import { schemaProblem } from '../../format/schema/problems.js';
import { type Automaton, everything, isEverything, ofLength } from '../../grammar/automaton.js';
import { charsOf, codePoints, complement, contains, intersection, union } from '../../grammar/char-set.js';
import { JsonRules } from '../../grammar/json-rules.js';
import type { Alternatives, RuleItem, Sequence } from '../../grammar/rules.js';
import { type Step, textRules } from '../../grammar/text-rules.js';
import type { CallSyntax } from '../dialect.js';
import { looseSpace } from './json/json-calls.js';
import { endedText } from './values/ended-text.js';
import { looseMembers, markQuotes } from './values/loose-values.js';

/** The marks of a family. */
export interface GemmaCallsOptions {
  readonly name: string;
  readonly begin: string;
  readonly end: string;
  /** The text with which strings begin and end. */
  readonly quote: string;
}

/**
 * Calls whose arguments look like JSON without quotation marks around names, with a token of its own in place of those
 * around strings, and with names in alphabetical order.
 */
export function gemmaCalls({ name, begin, end, quote }: GemmaCallsOptions): CallSyntax {
  const quotes = markQuotes(quote);
  return {
    name,
    marks: [begin, end, quote],
    begins: [{ text: begin, atStart: false }],
    *read(feed, parts) {
      yield* feed.space();
      if (!(yield* feed.literal('call:'))) return false;
      const called = yield* feed.oneOf([...parts.tools.keys()]);
      yield* feed.space();
      if (called === null || !(yield* feed.literal('{'))) return false;
      yield* looseMembers(feed, parts.call(called), quotes);
      yield* feed.attempt(function* () {
        yield* feed.space();
        return (yield* feed.literal(end)) ? true : null;
      });
      return true;
    },
    notation: (json) => new GemmaRules(json, quote),
    rules({ json: { builder }, tools, isParallel }) {
      const gap = looseSpace(builder);
      const calls = tools.map(({ tool, arguments: rule }) => [...builder.literal(tool.name), rule]);
      const call: Sequence = [...builder.literal('call:'), builder.rule(calls), gap, ...builder.literal(end)];
      const more = isParallel ? builder.repeat([gap, ...builder.literal(begin), ...call], 0, Infinity) : [];
      return [{ text: begin, atStart: false, then: [...call, ...more] }];
    },
  };
}

/** What names may consist of. */
const nameChars = complement(union(charsOf(':,{}[]"<'), [0, 0x20]));

function isPlain(name: string): boolean {
  return name !== '' && codePoints(name).every((point) => contains(nameChars, point));
}

class GemmaRules extends JsonRules {
  readonly #strings = new Map<Automaton, RuleItem>();
  readonly #quote: string;

  constructor({ builder }: JsonRules, quote: string) {
    super(builder);
    this.#quote = quote;
  }

  override textsOf(scalar: unknown): readonly string[] {
    return typeof scalar === 'string' ? [this.#quote + scalar + this.#quote] : super.textsOf(scalar);
  }

  override string(min = 0, max = Infinity): Sequence {
    return this.stringOf(ofLength(everything, { min, max }, this.builder.budget, 'a string with a length'));
  }

  override stringOf(automaton: Automaton): Sequence {
    const { builder } = this;
    const known = this.#strings.get(automaton);
    if (known !== undefined) return [known];
    const rule = builder.rule([[...builder.literal(this.#quote), endedText(builder, automaton, this.#quote)]]);
    this.#strings.set(automaton, rule);
    return [rule];
  }

  override quoted(text: RuleItem): Sequence {
    const mark = this.builder.literal(this.#quote);
    return [this.builder.rule([[...mark, text, ...mark]])];
  }

  override key(name: string): Sequence {
    return [...this.builder.literal(`${isPlain(name) ? name : this.#quote + name + this.#quote}:`), this.space];
  }

  override keyOf(names: Automaton): Sequence {
    const { builder } = this;
    if (isEverything(names)) return builder.repeat([builder.chars(nameChars)], 1, Infinity);
    return [textRules(builder, names, [], (steps) => this.keySteps(steps))];
  }

  override get keyBegin(): Sequence {
    return [];
  }

  override get keyEnd(): Sequence {
    return [...this.builder.literal(':'), this.space];
  }

  override keySteps(steps: readonly Step[]): Alternatives {
    return steps.flatMap(({ chars, then }) => {
      const allowed = intersection(chars, nameChars);
      return allowed.length === 0 ? [] : [[this.builder.chars(allowed), ...then]];
    });
  }

  /**
   * In the order of the template, which the model follows.
   *
   * @throws ChatstreamError `invalid_request` for a name that needs quotation marks
   */
  override ordered<T extends { readonly name: string }>(named: readonly T[]): readonly T[] {
    const special = named.find(({ name }) => !isPlain(name));
    if (special !== undefined) {
      const problem = `the model cannot write the name ${JSON.stringify(special.name)}`;
      throw schemaProblem(this.builder.budget.subject, '', problem);
    }
    const key = ({ name }: T): string => name.toLowerCase();
    return [...named].sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
  }
}
