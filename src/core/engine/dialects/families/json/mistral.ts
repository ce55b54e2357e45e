import { charsOf } from '../../../grammar/char-set.js';
import { newShortCallId } from '../../call-id.js';
import { callObject } from '../../calls/json/json-call.js';
import { jsonCalls } from '../../calls/json/json-calls.js';
import { namedCalls } from '../../calls/json/named-calls.js';

const idChars = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const idLength = 9;

/**
 * Mistral 7B v0.3, Mistral Nemo, Mistral Small up to 3.1, Mixtral 8x22B and Codestral, whose templates contain
 * `[TOOL_CALLS]` without `[ARGS]`. Their templates refuse identifiers that are not nine letters and digits.
 *
 *     [TOOL_CALLS][{"name": "get_weather", "arguments": {"city": "Oslo"}, "id": "a1b2c3d4e"}]
 */
export const mistralList = jsonCalls({
  name: 'mistral-list',
  marks: ['[TOOL_CALLS]'],
  opens: ['[TOOL_CALLS]'],
  close: '',
  layout: 'list',
  call: callObject({
    nameKey: 'name',
    argumentsKey: 'arguments',
    id: { key: 'id', isFirst: false, chars: idChars, min: idLength, max: idLength },
  }),
  newId: newShortCallId,
});

/**
 * Mistral Small 3.2, Devstral, Magistral, Ministral 3 and later ones, whose templates contain `[ARGS]`. Some of them,
 * those with `[CALL_ID]`, also write an identifier.
 *
 *     [TOOL_CALLS]get_weather[ARGS]{"city": "Oslo"}[TOOL_CALLS]add[CALL_ID]a1b2c3d4e[ARGS]{"a": 1, "b": 2}
 */
export const mistral = namedCalls({
  name: 'mistral',
  marks: ['[TOOL_CALLS]', '[CALL_ID]', '[ARGS]'],
  open: '[TOOL_CALLS]',
  close: [],
  section: null,
  *readHead(feed, known) {
    yield* feed.space();
    const name = yield* known();
    if (yield* feed.literal('[CALL_ID]')) yield* feed.while(/\w/, () => undefined);
    return (yield* feed.literal('[ARGS]')) ? name : null;
  },
  headRule({ builder }, name) {
    const id = builder.repeat([builder.chars(charsOf(idChars))], idLength, idLength);
    const idPart = builder.optional([...builder.literal('[CALL_ID]'), ...id]);
    return [...builder.literal(name), idPart, ...builder.literal('[ARGS]')];
  },
  newId: newShortCallId,
});
