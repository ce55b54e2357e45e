import { namedCalls } from '../../calls/json/named-calls.js';

const open = '<｜tool▁call▁begin｜>';
const separator = '<｜tool▁sep｜>';
const end = '<｜tool▁call▁end｜>';
const section = { opens: ['<｜tool▁calls▁begin｜>'], close: '<｜tool▁calls▁end｜>' };
const marks = [...section.opens, section.close, open, separator, end];

/** What the distilled models write instead: they were not trained on these marks. */
const misspelled = [
  '<｜tool_calls_begin｜>',
  '<｜tool calls begin｜>',
  '<｜tool\\_calls\\_begin｜>',
  '<｜tool▁calls｜>',
];

/**
 * DeepSeek V3, R1 and the models distilled from it, whose templates contain `<｜tool▁calls▁begin｜>` and, in a call,
 * a code block that begins with three backticks and `json`.
 *
 *     <｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather
 *     ```json
 *     {"city": "Oslo"}
 *     ```<｜tool▁call▁end｜><｜tool▁calls▁end｜>
 */
export const deepseekR1 = namedCalls({
  name: 'deepseek-r1',
  marks,
  open,
  close: ['\n```', end],
  section: { ...section, opens: [...section.opens, ...misspelled] },
  *readHead(feed, known) {
    yield* feed.space();
    yield* feed.literal('function');
    if (!(yield* feed.literal(separator))) return null;
    const name = yield* known();
    yield* feed.space();
    return (yield* feed.literal('```json')) ? name : null;
  },
  headRule: ({ builder }, name) => builder.literal(`function${separator}${name}\n\`\`\`json\n`),
});

/**
 * DeepSeek V3.1, whose template contains `<｜tool▁calls▁begin｜>` without a code block.
 *
 *     <｜tool▁calls▁begin｜><｜tool▁call▁begin｜>get_weather<｜tool▁sep｜>{"city": "Oslo"}<｜tool▁call▁end｜><｜tool▁calls▁end｜>
 */
export const deepseekV31 = namedCalls({
  name: 'deepseek-v3.1',
  marks,
  open,
  close: [end],
  section,
  *readHead(feed, known) {
    yield* feed.space();
    const name = yield* known();
    return (yield* feed.literal(separator)) ? name : null;
  },
  headRule: ({ builder }, name) => builder.literal(`${name}${separator}`),
});
