import type { RuleItem, Sequence } from '../../../grammar/rules.js';
import type { Tool } from '../../../output-format.js';
import type { AnswerParts } from '../../answer.js';
import type { CallableTool, CallBeginning, CallGrammar, CallSyntax } from '../../dialect.js';
import type { Feed, Reading } from '../../feed.js';
import { jsonString } from '../values/json-reading.js';
import { keyRule, memberKey, readArguments, wholeValue } from './json-call.js';

/** Calls without marks: an answer that begins with a JSON object or a list of them. */
export interface BareCallsOptions {
  readonly name: string;
  /** Marks that may come before them, and begin calls anywhere in the answer. */
  readonly marks: readonly string[];
  /** How several calls are written: as a JSON list, or one after the other. */
  readonly layout: 'list' | 'objects';
  /** The name of the member with the arguments. */
  readonly argumentsKey: string;
}

/** What may separate objects. */
const separators = ['; ', ';', ', ', '\n', ' '] as const;

/**
 * Only objects that cannot be anything else are calls: they begin with the name of a function, possibly after `"type":
 * "function"`, and then the arguments. All other JSON is content, and is recognised as such early.
 */
export function bareCalls(options: BareCallsOptions): CallSyntax {
  const { name, marks } = options;
  return {
    name,
    marks,
    begins: [
      { text: '{', atStart: true },
      { text: '[', atStart: true },
      ...marks.map((text) => ({ text, atStart: false })),
    ],
    *read(feed, parts, begin) {
      if (begin === '{') return (yield* readMembers(feed, parts)) && (yield* readMore(feed, parts, false));
      yield* feed.space();
      const isList = begin === '[' || (yield* feed.literal('['));
      return (yield* readObject(feed, parts)) && (yield* readMore(feed, parts, isList));
    },
    isBegun(text, tools) {
      const begun = text.trimStart();
      return marks.some((mark) => begun.startsWith(mark)) || beginsWithName(begun, tools);
    },
    rules: (grammar) => rules(grammar, options),
  };
}

/** Whether a text is the beginning of an object up to the name of a function, or to a part of it. */
function beginsWithName(text: string, tools: ReadonlyMap<string, Tool>): boolean {
  const found = /^\[?\s*\{\s*(?:"type"\s*:\s*"function"\s*,\s*)?"name"\s*:\s*"([^"\\]*)("?)/.exec(text);
  if (found === null) return false;
  const [, name = '', end] = found;
  return end === '"' ? tools.has(name) : [...tools.keys()].some((known) => known.startsWith(name));
}

/** The calls after the first one. Anything else that follows is content. */
function* readMore(feed: Feed, parts: AnswerParts, isList: boolean): Reading<true> {
  for (;;) {
    const isCall = yield* feed.attempt(function* () {
      yield* feed.space();
      const isSeparated = yield* feed.oneOf([',', ';']);
      if (isList && isSeparated === null) return null;
      return (yield* readObject(feed, parts)) ? true : null;
    });
    if (isCall === null) break;
  }
  if (isList) {
    yield* feed.space();
    yield* feed.literal(']');
  }
  return true;
}

function* readObject(feed: Feed, parts: AnswerParts): Reading<boolean> {
  yield* feed.space();
  return (yield* feed.literal('{')) && (yield* readMembers(feed, parts));
}

/** The rest of an object. @returns whether it is a call; nothing has been reported if not */
function* readMembers(feed: Feed, parts: AnswerParts): Reading<boolean> {
  let key = yield* memberKey(feed);
  if (key === 'type') {
    if ((yield* jsonString(feed)) !== 'function' || !(yield* readComma(feed))) return false;
    key = yield* memberKey(feed);
  }
  if (key !== 'name') return false;
  const name = yield* jsonString(feed);
  if (name === null || !parts.tools.has(name)) return false;
  if (!(yield* readComma(feed))) {
    if (!(yield* feed.literal('}'))) return false;
    parts.call(name)('{}');
    return true;
  }
  key = yield* memberKey(feed);
  if (key !== 'parameters' && key !== 'arguments') return false;
  if (!(yield* readArguments(feed, parts.call(name)))) return true;
  while (yield* readComma(feed)) {
    if ((yield* memberKey(feed)) === null || (yield* wholeValue(feed)) === null) return true;
  }
  yield* feed.literal('}');
  return true;
}

/** Reads a comma, if one comes, and white space around it. */
function* readComma(feed: Feed): Reading<boolean> {
  yield* feed.space();
  const isThere = yield* feed.literal(',');
  yield* feed.space();
  return isThere;
}

/** The beginning of an object up to the name of its function; white space differs from model to model. */
const heads = ['{"name": ', '{"name":', '{"type": "function", "name": ', '{"type":"function","name":'] as const;

function rules(
  { json, tools, isParallel }: CallGrammar,
  { marks, layout, argumentsKey }: BareCallsOptions,
): CallBeginning[] {
  const { builder, gap } = json;
  const isList = layout === 'list';
  const rest = ({ arguments: rule }: CallableTool): Sequence => [
    ...[...json.comma, ...keyRule(json, argumentsKey), rule, gap, ...builder.literal('}')],
  ];
  const one = builder.rule(
    tools.map((tool): Sequence => {
      const head: RuleItem = builder.rule(heads.map((text) => builder.literal(text)));
      return [head, ...builder.literal(JSON.stringify(tool.tool.name)), ...rest(tool)];
    }),
  );
  const separator = isList ? json.comma : [builder.rule(separators.map((text) => builder.literal(text)))];
  const more = isParallel ? builder.repeat([...separator, one], 0, Infinity) : [];
  const end: Sequence = [...more, ...(isList ? [gap, ...builder.literal(']')] : [])];
  const bracket = isList ? '[' : '';
  const atStart = tools.flatMap((tool) =>
    heads.map((head): CallBeginning => {
      const text = `${bracket}${head}${JSON.stringify(tool.tool.name)}`;
      return { text, atStart: true, then: [...rest(tool), ...end] };
    }),
  );
  const afterMark: Sequence = [gap, ...builder.literal(bracket), one, ...end];
  return [...atStart, ...marks.map((text): CallBeginning => ({ text, atStart: false, then: afterMark }))];
}
