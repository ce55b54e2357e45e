import type { GrammarBuilder, RuleItem, Sequence } from '../grammar/rules.js';
import type { AnswerParts } from './answer.js';
import type { CallableTool, CallBeginning, CallGrammar, CallSyntax } from './dialect.js';
import type { Feed, Reading } from './feed.js';
import { jsonString, jsonValue, parsed } from './json-reading.js';

/** Calls that are JSON objects with the name of a function and its arguments, in whatever order. */
export interface JsonCallsOptions {
  readonly name: string;
  readonly marks: readonly string[];
  /** The text that begins a call, or the list of them. */
  readonly open: string;
  /** The text that ends it; empty if it is the end of the answer. */
  readonly close: string;
  /** Whether the calls of an answer are a JSON list; if not, each has its own marks. */
  readonly isList: boolean;
  /** Names of the members. */
  readonly nameKey: string;
  readonly argumentsKey: string;
  readonly newId?: (index: number, name: string) => string;
}

export function jsonCalls(options: JsonCallsOptions): CallSyntax {
  const { name, marks, open, close, isList, newId } = options;
  return {
    name,
    marks,
    begins: [{ text: open, atStart: false }],
    *read(feed, parts) {
      const isRead = isList ? yield* readList(feed, parts, options) : yield* readCall(feed, parts, options);
      if (!isRead) return false;
      if (close !== '') {
        yield* feed.space();
        yield* feed.literal(close);
      }
      return true;
    },
    rules: (grammar) => rules(grammar, options),
    ...(newId !== undefined && { newId }),
  };
}

function* readList(feed: Feed, parts: AnswerParts, options: JsonCallsOptions): Reading<boolean> {
  yield* feed.space();
  if (!(yield* feed.literal('['))) return false;
  do {
    if (!(yield* readCall(feed, parts, options))) return false;
    yield* feed.space();
  } while (yield* feed.literal(','));
  yield* feed.literal(']');
  return true;
}

/** One object. Its arguments are passed on as they arrive if the name comes first, which it nearly always does. */
export function* readCall(
  feed: Feed,
  parts: AnswerParts,
  { nameKey, argumentsKey }: Pick<JsonCallsOptions, 'nameKey' | 'argumentsKey'>,
): Reading<boolean> {
  yield* feed.space();
  if (!(yield* feed.literal('{'))) return false;
  let emit: ((text: string) => void) | null = null;
  let early: string | null = null;
  let hasArguments = false;
  for (;;) {
    yield* feed.space();
    const key = yield* jsonString(feed);
    yield* feed.space();
    if (key === null || !(yield* feed.literal(':'))) return emit !== null;
    yield* feed.space();
    if (key === nameKey && emit === null) {
      const name = yield* jsonString(feed);
      if (name === null || !parts.tools.has(name)) return false;
      emit = parts.call(name);
      if (early !== null) emit(objectText(early));
    } else if (key === argumentsKey && !hasArguments) {
      hasArguments = true;
      // Some models write the arguments as a string that contains JSON; that has to be read as a whole.
      const isText = (yield* feed.peek()) === '"';
      if (emit !== null && !isText) {
        if (!(yield* jsonValue(feed, emit))) return true;
      } else {
        const text = yield* wholeValue(feed);
        if (text === null) return emit !== null;
        if (emit === null) early = text;
        else emit(objectText(text));
      }
    } else if ((yield* wholeValue(feed)) === null) {
      return emit !== null;
    }
    yield* feed.space();
    if (yield* feed.literal(',')) continue;
    if (!(yield* feed.literal('}'))) return emit !== null;
    if (emit !== null && !hasArguments) emit('{}');
    return emit !== null;
  }
}

function* wholeValue(feed: Feed): Reading<string | null> {
  let text = '';
  const isComplete = yield* jsonValue(feed, (piece) => {
    text += piece;
  });
  return isComplete ? text : null;
}

/** Arguments as JSON, if they are a string that contains it. */
function objectText(text: string): string {
  const value = text.startsWith('"') ? parsed(text) : text;
  return typeof value === 'string' ? value : text;
}

function rules(
  grammar: CallGrammar,
  { open, close, isList, nameKey, argumentsKey }: JsonCallsOptions,
): CallBeginning[] {
  const { json, tools, isParallel } = grammar;
  const { builder, gap } = json;
  const call = builder.rule(tools.map((tool) => [...callObject(grammar, tool, nameKey, argumentsKey)]));
  const end = builder.literal(close);
  if (isList) {
    const more = isParallel ? builder.repeat([...json.comma, call], 0, Infinity) : [];
    const list: Sequence = [gap, ...builder.literal('['), gap, call, ...more, gap, ...builder.literal(']')];
    return [{ text: open, atStart: false, then: [...list, ...(close === '' ? [] : [gap, ...end])] }];
  }
  const then: Sequence = [gap, call, ...(close === '' ? [] : [gap, ...end])];
  const again = isParallel && close !== '' ? builder.repeat([gap, ...builder.literal(open), ...then], 0, Infinity) : [];
  return [{ text: open, atStart: false, then: [...then, ...again] }];
}

/** An object with the name first, so that it is known when the arguments come. */
export function callObject(
  { json }: CallGrammar,
  { tool, arguments: rule }: CallableTool,
  nameKey: string,
  argumentsKey: string,
): Sequence {
  const { builder, gap, comma } = json;
  const key = (name: string): Sequence => [...builder.literal(`${JSON.stringify(name)}:`), json.space];
  return [
    ...[...builder.literal('{'), gap, ...key(nameKey), ...builder.literal(JSON.stringify(tool.name))],
    ...[...comma, ...key(argumentsKey), rule, gap, ...builder.literal('}')],
  ];
}

/** White space as models put it between marks: at most two line ends, or one space. */
export function looseSpace(builder: GrammarBuilder): RuleItem {
  return builder.rule([[], builder.literal(' '), builder.literal('\n'), builder.literal('\n\n')]);
}
