import type { RuleItem, Sequence } from '../../grammar/rules.js';
import { jsonValue } from '../calls/values/json-reading.js';
import type { CallBeginning, CallGrammar, CallSyntax, Dialect, MessagePart } from '../dialect.js';

const channels = ['commentary', 'analysis'];

/**
 * gpt-oss. The recipient may also come before the channel, and the type of the arguments may be missing.
 *
 *     <|channel|>analysis<|message|>I have to look.<|end|>
 *     <|start|>assistant<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>{"city": "Oslo"}
 *
 * A call ends the answer: the `<|call|>` after it is a token that ends generations.
 */
const calls: CallSyntax = {
  name: 'harmony',
  marks: ['<|constrain|>', '<|call|>'],
  // Calls are messages of their own.
  begins: [],
  *read(feed, parts, header) {
    const name = functionOf(header, [...parts.tools.keys()]);
    if (name === undefined) return false;
    yield* feed.space();
    const first = yield* feed.peek();
    const isEmpty = first === null || first === '<';
    if (first !== '{' && !isEmpty) return false;
    const emit = parts.call(name);
    if (isEmpty) emit('{}');
    else yield* jsonValue(feed, emit);
    return true;
  },
  rules: (grammar) => [
    ...channels.map((channel) => callRule(grammar, `<|channel|>${channel} to=functions.`, false)),
    callRule(grammar, ' to=functions.', true),
  ],
};

/** @param isBefore whether the recipient comes before the channel */
function callRule({ json: { builder }, tools }: CallGrammar, text: string, isBefore: boolean): CallBeginning {
  const channel = isBefore ? [builder.rule(channels.map((name) => builder.literal(`<|channel|>${name}`)))] : [];
  const type = builder.rule(
    ['', ' json', ' <|constrain|>json', '<|constrain|>json'].map((each) => builder.literal(each)),
  );
  const rest = [...channel, type, ...builder.literal('<|message|>')];
  const call = (name: string, args: RuleItem): Sequence => [...builder.literal(name), ...rest, args];
  const then = builder.rule(tools.map(({ tool, arguments: args }) => call(tool.name, args)));
  return { text, atStart: false, then: [then] };
}

/** The function to which a header is addressed. Its name may contain what ends others. */
function functionOf(header: string, names: readonly string[]): string | undefined {
  const to = /\bto=(?:functions\.)?/.exec(header);
  if (to === null) return undefined;
  const text = header.slice(to.index + to[0].length);
  const found = names.filter((name) => text.startsWith(name) && /^(?:[\s<]|$)/.test(text.slice(name.length)));
  return found.toSorted((a, b) => b.length - a.length)[0];
}

function isAddressed(header: string): boolean {
  return /\bto=(?:functions\.)?[^\s<]/.test(header);
}

function partOf(header: string): MessagePart {
  const isAnalysis = header.includes('<|channel|>analysis');
  // Tools that belong to the model, such as its browser, are part of its thoughts.
  if (isAddressed(header) && (!isAnalysis || header.includes('to=functions.'))) return 'call';
  return isAnalysis ? 'thought' : 'content';
}

export const harmony: Dialect = {
  thoughts: { name: 'analysis', begin: '<|channel|>analysis<|message|>', end: '<|end|>', marks: [] },
  calls,
  messages: {
    marks: ['<|channel|>', '<|message|>', '<|start|>', '<|end|>', '<|return|>'],
    start: '<|start|>',
    role: 'assistant',
    body: '<|message|>',
    ends: ['<|end|>', '<|call|>', '<|return|>'],
    headers: ['<|channel|>', 'to=', '<|constrain|>'],
    partOf,
    answers: ['<|channel|>final<|message|>', '<|channel|>final <|constrain|>json<|message|>', '<|message|>'],
    preambles: ['<|channel|>commentary<|message|>'],
  },
};
