import { charsOf } from '../../../grammar/char-set.js';
import { namedCalls } from '../../calls/json/named-calls.js';

const open = '<|tool_call_begin|>';
const argumentsMark = '<|tool_call_argument_begin|>';
const end = '<|tool_call_end|>';
const section = { opens: ['<|tool_calls_section_begin|>'], close: '<|tool_calls_section_end|>' };

/**
 * Kimi K2, whose templates contain `<|tool_calls_section_begin|>`. They show the identifier of a call with its result;
 * it is made from the name of the function and the number of the call. All of it is in one line:
 *
 *     <|tool_calls_section_begin|>
 *     <|tool_call_begin|>functions.get_weather:0<|tool_call_argument_begin|>{"city": "Oslo"}<|tool_call_end|>
 *     <|tool_calls_section_end|>
 *
 * Here, the first call of an answer has the number 0, as in the first templates. Later ones count the calls of the
 * whole conversation, and write all identifiers themselves.
 */
export const kimi = namedCalls({
  name: 'kimi-k2',
  marks: [...section.opens, section.close, open, argumentsMark, end],
  open,
  close: [end],
  section,
  *readHead(feed, known) {
    yield* feed.space();
    yield* feed.literal('functions.');
    const name = yield* known();
    if (yield* feed.literal(':')) yield* feed.while(/\d/, () => undefined);
    return (yield* feed.literal(argumentsMark)) ? name : null;
  },
  headRule({ builder }, name) {
    const number = builder.repeat([builder.chars(charsOf('0123456789'))], 1, 3);
    return [...builder.literal(`functions.${name}:`), ...number, ...builder.literal(argumentsMark)];
  },
  newId: (index, name) => `functions.${name}:${index}`,
});
