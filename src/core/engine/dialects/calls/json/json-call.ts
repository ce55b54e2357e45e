import { charsOf } from '../../../grammar/char-set.js';
import type { JsonRules } from '../../../grammar/json-rules.js';
import type { Sequence } from '../../../grammar/rules.js';
import type { AnswerParts } from '../../answer.js';
import type { CallableTool } from '../../dialect.js';
import type { Feed, Reading } from '../../feed.js';
import { jsonString, jsonValue, parsed } from '../values/json-reading.js';

/** One call as a JSON value. */
export interface JsonCall {
  /** @returns whether it was a call; parts of a call that have been reported count in any case */
  read(feed: Feed, parts: AnswerParts): Reading<boolean>;
  /** What a model may write. */
  rule(json: JsonRules, tool: CallableTool): Sequence;
}

export interface CallObjectOptions {
  /** Names of the members. */
  readonly nameKey: string;
  readonly argumentsKey: string;
  /** A member with an identifier; it is written if it is the first one, and may be written if it is the last one. */
  readonly id?: CallIdMember;
}

interface CallIdMember {
  readonly key: string;
  readonly isFirst: boolean;
  readonly chars: string;
  readonly min: number;
  readonly max: number;
}

/** An object with the name of a function and its arguments. They are read in any order, and written name first. */
export function callObject(options: CallObjectOptions): JsonCall {
  const argumentsKeys = [options.argumentsKey, 'arguments', 'parameters'];
  return {
    read: (feed, parts) => readObject(feed, parts, options.nameKey, argumentsKeys),
    rule: (json, tool) => objectRule(json, tool, options),
  };
}

/** Arguments are passed on as they arrive if the name comes first, which it nearly always does. */
function* readObject(
  feed: Feed,
  parts: AnswerParts,
  nameKey: string,
  argumentsKeys: readonly string[],
): Reading<boolean> {
  yield* feed.space();
  if (!(yield* feed.literal('{'))) return false;
  let emit: ((text: string) => void) | null = null;
  let early: string | null = null;
  let hasArguments = false;
  for (;;) {
    const key = yield* memberKey(feed);
    if (key === null) return emit !== null;
    if (key === nameKey && emit === null) {
      const name = yield* jsonString(feed);
      if (name === null || !parts.tools.has(name)) return false;
      emit = parts.call(name);
      if (early !== null) emit(objectText(early));
    } else if (argumentsKeys.includes(key) && !hasArguments) {
      hasArguments = true;
      if (emit !== null) {
        if (!(yield* readArguments(feed, emit))) return true;
      } else {
        early = yield* wholeValue(feed);
        if (early === null) return false;
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

/** Reads the key of a member and its colon. @returns null if there is none */
export function* memberKey(feed: Feed): Reading<string | null> {
  yield* feed.space();
  const key = yield* jsonString(feed);
  yield* feed.space();
  if (key === null || !(yield* feed.literal(':'))) return null;
  yield* feed.space();
  return key;
}

/**
 * Reads arguments, and passes them on as they arrive. Some models write them as a string that contains JSON; that is
 * read as a whole.
 *
 * @returns whether they are complete
 */
export function* readArguments(feed: Feed, emit: (text: string) => void): Reading<boolean> {
  if ((yield* feed.peek()) !== '"') return yield* jsonValue(feed, emit);
  const text = yield* wholeValue(feed);
  if (text !== null) emit(objectText(text));
  return text !== null;
}

/** Reads a JSON value. @returns null if there is none, or it is not complete */
export function* wholeValue(feed: Feed): Reading<string | null> {
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

function objectRule(
  json: JsonRules,
  { tool, arguments: rule }: CallableTool,
  { nameKey, argumentsKey, id }: CallObjectOptions,
): Sequence {
  const { builder, gap, comma } = json;
  const idMember = id === undefined ? [] : idRule(json, id);
  return [
    ...[...builder.literal('{'), gap],
    ...(id?.isFirst === true ? [...idMember, ...comma] : []),
    ...[...keyRule(json, nameKey), ...builder.literal(JSON.stringify(tool.name))],
    ...[...comma, ...keyRule(json, argumentsKey), rule],
    ...(id?.isFirst === false ? [builder.optional([...comma, ...idMember])] : []),
    ...[gap, ...builder.literal('}')],
  ];
}

function idRule(json: JsonRules, { key, chars, min, max }: CallIdMember): Sequence {
  const { builder } = json;
  const quote = builder.literal('"');
  return [...keyRule(json, key), ...quote, ...builder.repeat([builder.chars(charsOf(chars))], min, max), ...quote];
}

/** The key of a member, and its colon. */
export function keyRule({ builder, space }: JsonRules, key: string): Sequence {
  return [...builder.literal(`${JSON.stringify(key)}:`), space];
}
