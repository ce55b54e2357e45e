import type { AnswerParts } from '../../answer.js';
import type { CallMark, CallSyntax } from '../../dialect.js';
import type { Feed, Reading } from '../../feed.js';
import { ObjectWriter, StringWriter } from '../values/json-writing.js';
import { elementsText } from './element-values.js';
import { isOnlyString, ValueShape } from './parameter-kinds.js';
import { parameterRules } from './parameter-rules.js';
import { cdata, type ParameterSyntax } from './parameter-syntax.js';
import { valueText } from './parameter-text.js';

/** The calls of a family that uses this syntax. */
export function parameterCalls(syntax: ParameterSyntax): CallSyntax {
  const { name, marks, block, call } = syntax;
  const anywhere = (text: string): CallMark => ({ text, atStart: false });
  return {
    name,
    marks,
    begins: [
      ...(block === null ? [] : [anywhere(block.begin)]),
      ...(block === null || block.isOptional ? [anywhere(call.begin)] : []),
    ],
    *read(feed, parts, begin) {
      if (block === null) return yield* readCall(feed, parts, syntax);
      if (begin !== block.begin) {
        if (!(yield* readCall(feed, parts, syntax))) return false;
      } else if (!(yield* readBlock(feed, parts, syntax, block.isShared))) {
        return false;
      }
      yield* feed.attempt(function* () {
        yield* feed.space();
        return (yield* feed.literal(block.end)) ? true : null;
      });
      return true;
    },
    rules: (grammar) => parameterRules(grammar, syntax),
  };
}

/** @returns whether there was a call */
function* readBlock(feed: Feed, parts: AnswerParts, syntax: ParameterSyntax, isShared: boolean): Reading<boolean> {
  for (let isFirst = true; ; isFirst = false) {
    const isCall = yield* feed.attempt(function* () {
      yield* feed.space();
      if (!(yield* feed.literal(syntax.call.begin))) return null;
      return (yield* readCall(feed, parts, syntax)) ? true : null;
    });
    if (isCall === null) return !isFirst;
    if (!isShared) return true;
  }
}

/** Reads a call from the name of its function on. It is a call only if a parameter follows, or its end. */
function* readCall(feed: Feed, parts: AnswerParts, { call, parameter }: ParameterSyntax): Reading<boolean> {
  yield* feed.space();
  const name = yield* feed.oneOf([...parts.tools.keys()]);
  if (name === null || !(yield* feed.literal(call.nameEnd))) return false;
  if (call.numberEnd !== null) {
    yield* feed.while(/\d/, () => undefined);
    if (!(yield* feed.literal(call.numberEnd))) return false;
  }
  const next = function* (): Reading<string | null> {
    yield* feed.space();
    return yield* feed.oneOf([parameter.begin, call.end]);
  };
  let mark = yield* next();
  if (mark === null) return false;
  const shape = new ValueShape(parts.tools.get(name)?.parameters);
  const object = new ObjectWriter(parts.call(name));
  while (mark === parameter.begin) {
    mark = (yield* readParameter(feed, object, shape, parameter)) ? yield* next() : null;
  }
  // A call that was cut off stays incomplete; one that continues in another way ends here.
  if (mark !== null || (yield* feed.peek()) !== null) object.end();
  return true;
}

/** Reads a parameter from its name on. @returns whether it is complete */
function* readParameter(
  feed: Feed,
  object: ObjectWriter,
  tool: ValueShape,
  { keyEnds, valueBegin, end, repeatsName, isOnLines, hasCdata, elements }: ParameterSyntax['parameter'],
): Reading<boolean> {
  let key = '';
  const texts = keyEnds.map(({ text }) => text);
  const keyEnd = yield* feed.until(texts, (piece) => {
    key += piece;
  });
  if (keyEnd === null) return false;
  if (valueBegin !== '') {
    yield* feed.space();
    if (!(yield* feed.literal(valueBegin))) return false;
    key = key.trim();
  }
  const shape = tool.property(key);
  const kinds = keyEnds.find(({ text }) => text === keyEnd)?.kinds ?? shape.kinds;
  if (isOnLines) yield* feed.literal('\n');
  const isCdata = hasCdata && (yield* feed.literal(cdata.begin));
  const close = repeatsName ? `${end}${key}>` : end;
  const ends = isCdata ? [cdata.end + close] : isOnLines ? [`\n${close}`, close] : [close];
  if (isOnlyString(kinds)) {
    const string = new StringWriter(object.member(key));
    if ((yield* feed.until(ends, string.push)) === null) return false;
    string.end();
    return true;
  }
  if (elements !== null) {
    const json = yield* elementsText(feed, elements, key, shape);
    if (json !== null) object.member(key)(json);
    return json !== null;
  }
  let value = '';
  const found = yield* feed.until(ends, (piece) => {
    value += piece;
  });
  if (found === null) return false;
  object.member(key)(valueText(value, kinds));
  return true;
}
