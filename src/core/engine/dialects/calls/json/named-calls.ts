import type { JsonRules } from '../../../grammar/json-rules.js';
import type { Sequence } from '../../../grammar/rules.js';
import type { AnswerParts } from '../../answer.js';
import type { CallBeginning, CallGrammar, CallSyntax } from '../../dialect.js';
import type { Feed, Reading } from '../../feed.js';
import { readArguments } from './json-call.js';
import { looseSpace } from './json-calls.js';

/** Calls that are the name of a function, and then its arguments as JSON. */
export interface NamedCallsOptions {
  readonly name: string;
  readonly marks: readonly string[];
  /** The text that begins each call. */
  readonly open: string;
  /** The texts that end each call, one after the other; none if the call ends with its arguments. */
  readonly close: readonly string[];
  /** The marks around all calls of an answer. Any of the texts may begin it. */
  readonly section: { readonly opens: readonly string[]; readonly close: string } | null;
  /**
   * Reads what is between the text that begins a call and its arguments.
   *
   * @param known reads the name of an existing function; null if another text follows
   * @returns the name; null if it is not a call
   */
  readHead(feed: Feed, known: () => Reading<string | null>): Reading<string | null>;
  /** What a model may write there. */
  headRule(json: JsonRules, name: string): Sequence;
  readonly newId?: (index: number, name: string) => string;
}

/** The marks around a section may be missing: models forget them. */
export function namedCalls(options: NamedCallsOptions): CallSyntax {
  const { name, marks, open, section, newId } = options;
  return {
    name,
    marks,
    begins: [...(section?.opens ?? []), open].map((text) => ({ text, atStart: false })),
    *read(feed, parts, begin) {
      if (begin !== open) {
        yield* feed.space();
        if (!(yield* feed.literal(open))) return false;
      }
      if (!(yield* readCall(feed, parts, options))) return false;
      if (section !== null) yield* readMark(feed, section.close);
      return true;
    },
    rules: (grammar) => rules(grammar, options),
    ...(newId !== undefined && { newId }),
  };
}

function* readCall(feed: Feed, parts: AnswerParts, options: NamedCallsOptions): Reading<boolean> {
  const [end] = options.close;
  const name = yield* options.readHead(feed, () => feed.oneOf([...parts.tools.keys()]));
  if (name === null) return false;
  yield* feed.space();
  const first = yield* feed.peek();
  if (first === '{' || first === '"') {
    if (!(yield* readArguments(feed, parts.call(name)))) return true;
  } else {
    // A function without parameters may come without arguments.
    if (end === undefined || !(yield* readMark(feed, end))) return false;
    parts.call(name)('{}');
  }
  for (const text of options.close) yield* readMark(feed, text);
  return true;
}

/** Reads a mark, if there is one, with any white space around it. */
function* readMark(feed: Feed, text: string): Reading<boolean> {
  yield* feed.space();
  return yield* feed.literal(text.trim());
}

function rules({ json, tools, isParallel }: CallGrammar, options: NamedCallsOptions): CallBeginning[] {
  const { builder } = json;
  const { open, close, section } = options;
  const loose = looseSpace(builder);
  const end = builder.literal(close.join(''));
  const one = builder.rule(
    tools.map(({ tool, arguments: rule }) => [...options.headRule(json, tool.name), json.space, rule, ...end]),
  );
  const more = isParallel ? builder.repeat([loose, ...builder.literal(open), one], 0, Infinity) : [];
  if (section === null) return [{ text: open, atStart: false, then: [one, ...more] }];
  const sectionEnd = [loose, ...builder.literal(section.close)];
  const inSection = [loose, ...builder.literal(open), one, ...more, ...sectionEnd];
  return [
    ...section.opens.map((text) => ({ text, atStart: false, then: inSection })),
    { text: open, atStart: false, then: [one, ...more, builder.optional(sectionEnd)] },
  ];
}
