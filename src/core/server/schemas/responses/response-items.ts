import { type Static, Type } from 'typebox';
import { hostedItems, unlessOfType } from '../shared/hosted-calls.js';
import { itemLogprob } from '../shared/logprobs.js';
import { optional } from '../shared/optional.js';

/** What a client may send as a part of an item's content; which types there are, and what they need, is checked later. */
const wirePart = Type.Object({
  type: Type.String(),
  text: optional(Type.String()),
  refusal: optional(Type.String()),
});

const wireContent = Type.Union([Type.String(), Type.Array(wirePart)]);

/** Not a union by type: the type may be left out, and a mistake in one type would be reported as one in another. */
const item = Type.Object({
  type: optional(
    Type.String({
      description:
        'message, function_call, function_call_output, custom_tool_call, custom_tool_call_output, reasoning, item_reference.',
    }),
  ),
  id: optional(Type.String()),
  role: optional(Type.String({ description: 'user, assistant, system, developer.' })),
  content: optional(wireContent),
  call_id: optional(Type.String({ minLength: 1 })),
  name: optional(Type.String({ minLength: 1 })),
  namespace: optional(Type.String({ minLength: 1, description: 'That of the function which is called.' })),
  arguments: optional(Type.String({ description: 'JSON.' })),
  input: optional(Type.String({ description: 'Of a custom tool.' })),
  output: optional(wireContent),
  summary: optional(Type.Array(wirePart)),
  encrypted_content: optional(Type.String()),
});

/** An item of the input as clients send it. */
export const wireItem = unlessOfType(hostedItems, item);

const status = Type.Enum(['in_progress', 'completed', 'incomplete']);

const inputText = Type.Object({ type: Type.Literal('input_text'), text: Type.String() });

const outputText = Type.Object({
  type: Type.Literal('output_text'),
  text: Type.String(),
  annotations: Type.Array(Type.Never()),
  logprobs: Type.Array(itemLogprob, { description: 'If they were asked for.' }),
});

const refusal = Type.Object({ type: Type.Literal('refusal'), refusal: Type.String() });
const reasoningText = Type.Object({ type: Type.Literal('reasoning_text'), text: Type.String() });
const summaryText = Type.Object({ type: Type.Literal('summary_text'), text: Type.String() });

const inputMessage = Type.Object({
  type: Type.Literal('message'),
  id: Type.String(),
  role: Type.Enum(['user', 'system', 'developer']),
  status,
  content: Type.Array(inputText),
});

const outputMessage = Type.Object({
  type: Type.Literal('message'),
  id: Type.String(),
  role: Type.Literal('assistant'),
  status,
  content: Type.Array(Type.Union([outputText, refusal])),
});

const functionCall = Type.Object({
  type: Type.Literal('function_call'),
  id: Type.String(),
  call_id: Type.String(),
  name: Type.String(),
  namespace: Type.Optional(Type.String({ description: 'If the function is one of a namespace.' })),
  arguments: Type.String({ description: 'JSON.' }),
  status,
});

const customToolCall = Type.Object({
  type: Type.Literal('custom_tool_call'),
  id: Type.String(),
  call_id: Type.String(),
  name: Type.String(),
  namespace: Type.Optional(Type.String({ description: 'If the tool is one of a namespace.' })),
  input: Type.String({ description: 'Plain text.' }),
  status,
});

const callOutput = {
  id: Type.String(),
  call_id: Type.String(),
  output: Type.Union([Type.String(), Type.Array(inputText)]),
  status,
};

const functionCallOutput = Type.Object({ type: Type.Literal('function_call_output'), ...callOutput });
const customToolCallOutput = Type.Object({ type: Type.Literal('custom_tool_call_output'), ...callOutput });

const reasoning = Type.Object({
  type: Type.Literal('reasoning'),
  id: Type.String(),
  summary: Type.Array(summaryText),
  content: Type.Array(reasoningText),
  encrypted_content: Type.Optional(
    Type.String({ description: 'With reasoning.encrypted_content in "include": the thought, to be sent back.' }),
  ),
  status,
});

/** What a model can produce. */
export const outputItem = Type.Union([outputMessage, functionCall, customToolCall, reasoning]);

/** The parts of the content of items that a model produces. */
export const outputPart = Type.Union([outputText, reasoningText]);

/** Everything that a conversation consists of, with an id. */
export const conversationItem = Type.Union([
  inputMessage,
  outputMessage,
  functionCall,
  functionCallOutput,
  customToolCall,
  customToolCallOutput,
  reasoning,
]);

export type WireItem = Static<typeof wireItem>;
export type WirePart = Static<typeof wirePart>;
export type OutputItem = Static<typeof outputItem>;
export type OutputPart = Static<typeof outputPart>;
export type ConversationItem = Static<typeof conversationItem>;
