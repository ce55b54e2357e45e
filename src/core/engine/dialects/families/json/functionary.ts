import type { Sequence } from '../../../grammar/rules.js';
import type { AnswerParts } from '../../answer.js';
import { readArguments } from '../../calls/json/json-call.js';
import { looseSpace } from '../../calls/json/json-calls.js';
import { namedCalls } from '../../calls/json/named-calls.js';
import type { CallBeginning, CallGrammar, CallSyntax } from '../../dialect.js';
import type { Feed, Reading } from '../../feed.js';

/**
 * Functionary 3.1, and other models based on Llama 3.1 whose templates contain `<function=` and `</function>`, but no
 * `<parameter=`.
 *
 *     <function=get_weather>{"city": "Oslo"}</function>
 */
export const functionaryV31 = namedCalls({
  name: 'functionary-v3.1',
  marks: [],
  open: '<function=',
  close: ['</function>'],
  section: null,
  *readHead(feed, known) {
    const name = yield* known();
    return (yield* feed.literal('>')) ? name : null;
  },
  headRule: ({ builder }, name) => builder.literal(`${name}>`),
});

const recipient = '>>>';
const content = 'all\n';

/**
 * Functionary 3.2, whose template contains `>>>all`. Everything has a recipient; that of content is `all`. The prompt
 * ends with the first `>>>`.
 *
 *     all
 *     I will look it up.>>>get_weather
 *     {"city": "Oslo"}>>>add
 *     {"a": 1, "b": 2}
 */
export const functionaryV32: CallSyntax = {
  name: 'functionary-v3.2',
  marks: [],
  contentBegin: content,
  begins: [
    // The name of any function.
    { text: '', atStart: true },
    { text: recipient, atStart: false },
  ],
  *read(feed, parts, begin) {
    if (begin !== '' && (yield* feed.literal(content))) return true;
    return yield* readCall(feed, parts);
  },
  rules,
};

function* readCall(feed: Feed, parts: AnswerParts): Reading<boolean> {
  const name = yield* feed.oneOf([...parts.tools.keys()]);
  if (name === null || !(yield* feed.literal('\n'))) return false;
  yield* feed.space();
  const first = yield* feed.peek();
  if (first !== '{' && first !== '"') return false;
  yield* readArguments(feed, parts.call(name));
  return true;
}

function rules({ json, tools, isParallel }: CallGrammar): CallBeginning[] {
  const { builder } = json;
  const loose = looseSpace(builder);
  const one = builder.rule(
    tools.map(({ tool, arguments: rule }): Sequence => [...builder.literal(`${tool.name}\n`), rule]),
  );
  const more = isParallel ? builder.repeat([loose, ...builder.literal(recipient), one], 0, Infinity) : [];
  return tools.flatMap(({ tool, arguments: rule }): CallBeginning[] => [
    { text: `${tool.name}\n`, atStart: true, then: [rule, ...more] },
    { text: `${recipient}${tool.name}\n`, atStart: false, then: [rule, ...more] },
  ]);
}
