import type { CallBeginning, CallGrammar, CallSyntax, Dialect } from '../../dialect.js';
import { museGlimmer } from './invoke-calls.js';

const start = '<|start|>';
const role = 'assistant';
const endOfMessage = '<|eom|>';
const headerOf = (recipient: string): string => ` to=${recipient}<|message|>`;

/** A message to the tool for each call. */
const calls: CallSyntax = { ...museGlimmer, rules };

function rules({ json, tools, isParallel }: CallGrammar): readonly CallBeginning[] {
  const { builder } = json;
  const callsOf = tools.map((tool) => ({
    text: headerOf(tool.tool.name),
    call: builder.rule(
      museGlimmer
        .rules({ json, tools: [tool], isParallel: false })
        .map(({ text, then }) => [...builder.literal(text), ...then]),
    ),
  }));
  const another = builder.rule(
    callsOf.map(({ text, call }) => [...builder.literal(`${endOfMessage}${start}${role}${text}`), call]),
  );
  const more = isParallel ? builder.repeat([another], 0, Infinity) : [];
  return callsOf.map(({ text, call }) => ({ text, atStart: false, then: [call, ...more] }));
}

/**
 * Muse Glimmer. What a message is, is said by its recipient.
 *
 *      to=self<|message|>I have to look.<|eom|>
 *     <|start|>assistant to=get_weather<|message|><atem:function_calls>…</atem:function_calls>
 */
export const muse: Dialect = {
  thoughts: { name: 'to=self', begin: headerOf('self'), end: endOfMessage, marks: [] },
  calls,
  messages: {
    marks: ['<|message|>', start, endOfMessage, '<|eot|>'],
    start,
    role,
    body: '<|message|>',
    ends: [endOfMessage, '<|eot|>'],
    headers: ['to='],
    partOf: (header) => (header === 'to=self' ? 'thought' : 'content'),
    answers: [headerOf('user'), '<|message|>'],
    preambles: [],
  },
};
