import { type JsonCall, keyRule, memberKey, readArguments } from '../../calls/json/json-call.js';
import { jsonCalls } from '../../calls/json/json-calls.js';

/** An object with a single member: the name of the function, and its arguments. */
const call: JsonCall = {
  *read(feed, parts) {
    yield* feed.space();
    if (!(yield* feed.literal('{'))) return false;
    const name = yield* memberKey(feed);
    if (name === null || !parts.tools.has(name)) return false;
    if (!(yield* readArguments(feed, parts.call(name)))) return true;
    yield* feed.space();
    yield* feed.literal('}');
    return true;
  },
  rule(json, { tool, arguments: rule }) {
    const { builder, gap } = json;
    return [...builder.literal('{'), gap, ...keyRule(json, tool.name), rule, gap, ...builder.literal('}')];
  },
};

/**
 * Apertus, whose template contains `<|tools_prefix|>`.
 *
 *     <|tools_prefix|>[{"get_weather": {"city": "Oslo"}}]<|tools_suffix|>
 */
export const apertus = jsonCalls({
  name: 'apertus',
  marks: ['<|tools_prefix|>', '<|tools_suffix|>'],
  opens: ['<|tools_prefix|>'],
  close: '<|tools_suffix|>',
  layout: 'list',
  call,
});
