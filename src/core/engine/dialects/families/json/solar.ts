import { randomBytes } from 'node:crypto';
import { charsOf } from '../../../grammar/char-set.js';
import { namedCalls } from '../../calls/json/named-calls.js';

const idChars = '0123456789abcdefghijklmnopqrstuvwxyz';
const idLength = 10;

const open = '<|tool_call:begin|>';
const nameMark = '<|tool_call:name|>';
const argumentsMark = '<|tool_call:args|>';
const end = '<|tool_call:end|>';
const section = { opens: ['<|tool_calls|>'], close: '<|calls|>' };

/**
 * Solar Open, whose template contains `<|tool_call:begin|>`. It asks for identifiers of ten letters and digits.
 * All of it is in one line:
 *
 *     <|tool_calls|>
 *     <|tool_call:begin|>a1b2c3d4e5<|tool_call:name|>get_weather<|tool_call:args|>{"city": "Oslo"}<|tool_call:end|>
 *     <|calls|>
 */
export const solar = namedCalls({
  name: 'solar',
  marks: [...section.opens, section.close, open, nameMark, argumentsMark, end],
  open,
  close: [end],
  section,
  *readHead(feed, known) {
    yield* feed.space();
    yield* feed.while(/\w/, () => undefined);
    if (!(yield* feed.literal(nameMark))) return null;
    const name = yield* known();
    return (yield* feed.literal(argumentsMark)) ? name : null;
  },
  headRule({ builder }, name) {
    const id = builder.repeat([builder.chars(charsOf(idChars))], idLength, idLength);
    return [...id, ...builder.literal(`${nameMark}${name}${argumentsMark}`)];
  },
  newId: () => Array.from(randomBytes(idLength), (byte) => idChars[byte % idChars.length]).join(''),
});
