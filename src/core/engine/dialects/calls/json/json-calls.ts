import type { GrammarBuilder, RuleItem, Sequence } from '../../../grammar/rules.js';
import type { AnswerParts } from '../../answer.js';
import type { CallBeginning, CallGrammar, CallSyntax } from '../../dialect.js';
import type { Feed, Reading } from '../../feed.js';
import type { JsonCall } from './json-call.js';

/** Calls that are JSON values between marks. */
export interface JsonCallsOptions {
  readonly name: string;
  readonly marks: readonly string[];
  /** The texts that begin calls. One that ends with a bracket begins the list with it. */
  readonly opens: readonly string[];
  /** The text that ends them; empty if they last until the end of the answer. */
  readonly close: string;
  /** How several calls are written: each between its own marks, as a JSON list, or one after the other in lines. */
  readonly layout: 'each' | 'list' | 'lines';
  readonly call: JsonCall;
  readonly newId?: (index: number, name: string) => string;
}

/** Lists, lines and single objects are read in any case; `layout` is what the grammar allows. */
export function jsonCalls(options: JsonCallsOptions): CallSyntax {
  const { name, marks, opens, close, call, newId } = options;
  return {
    name,
    marks,
    begins: opens.map((text) => ({ text, atStart: false })),
    *read(feed, parts, begin) {
      if (!(yield* readAll(feed, parts, call, begin.endsWith('[')))) return false;
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

/** All calls up to the end of the list, or as long as objects follow. @returns whether there were any */
function* readAll(feed: Feed, parts: AnswerParts, call: JsonCall, isListOpen: boolean): Reading<boolean> {
  const first = parts.calls;
  yield* feed.space();
  const isList = isListOpen || (yield* feed.literal('['));
  do {
    const before = parts.calls;
    const isCall = yield* feed.attempt(function* () {
      return (yield* call.read(feed, parts)) || parts.calls > before ? true : null;
    });
    if (isCall === null) return parts.calls > first;
    yield* feed.space();
  } while (isList ? yield* feed.literal(',') : (yield* feed.peek()) === '{');
  if (isList) yield* feed.literal(']');
  return true;
}

function rules(grammar: CallGrammar, options: JsonCallsOptions): CallBeginning[] {
  const then = callsRule(grammar, options);
  return options.opens.map((text) => ({
    text,
    atStart: false,
    then: then(text.endsWith('[')),
  }));
}

/** @returns the text that follows the one that begins calls */
function callsRule(
  { json, tools, isParallel }: CallGrammar,
  { opens, close, layout, call }: JsonCallsOptions,
): (isListOpen: boolean) => Sequence {
  const { builder, gap } = json;
  const one = builder.rule(tools.map((tool) => call.rule(json, tool)));
  const more = (sequence: Sequence): Sequence => (isParallel ? builder.repeat(sequence, 0, Infinity) : []);
  const end: Sequence = close === '' ? [] : [gap, ...builder.literal(close)];
  switch (layout) {
    case 'list': {
      const rest = [gap, one, ...more([...json.comma, one]), gap, ...builder.literal(']'), ...end];
      return (isListOpen) => (isListOpen ? rest : [gap, ...builder.literal('['), ...rest]);
    }
    case 'lines':
      return () => [gap, one, ...more([...builder.literal('\n'), one]), ...end];
    case 'each': {
      const again = [looseSpace(builder), ...builder.literal(opens[0] ?? ''), gap, one, ...end];
      return () => [gap, one, ...end, ...(close === '' ? [] : more(again))];
    }
  }
}

/** White space that models put between marks: at most two line ends, or one space. */
export function looseSpace(builder: GrammarBuilder): RuleItem {
  return builder.rule([[], builder.literal(' '), builder.literal('\n'), builder.literal('\n\n')]);
}
