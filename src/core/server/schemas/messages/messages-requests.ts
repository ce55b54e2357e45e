import { type Static, Type } from 'typebox';
import {
  generationParameters,
  mostTokens,
  resume,
  stopString,
  templateParameters,
} from '../completions/completion-requests.js';
import { hostedBlocks, unlessOfType } from '../shared/hosted-calls.js';
import { optional } from '../shared/optional.js';

const jsonObject = Type.Record(Type.String(), Type.Unknown());
const text = optional(Type.String());

/** A block in a block: a part of the result of a tool. */
const innerBlock = Type.Object({ type: Type.String(), text, tool_name: text });

// Not a union by type: a mistake in one kind of block would be reported as one in another.
const block = Type.Object({
  type: Type.String({ description: 'text, thinking, redacted_thinking, tool_use or tool_result.' }),
  text,
  thinking: text,
  id: optional(Type.String({ description: 'Of a tool_use.' })),
  name: text,
  input: optional(jsonObject),
  tool_use_id: optional(Type.String({ description: 'The call that a tool_result answers.' })),
  content: optional(Type.Union([Type.String(), Type.Array(innerBlock)], { description: 'Of a tool_result.' })),
  is_error: optional(Type.Boolean()),
});

const message = Type.Object({
  role: Type.Enum(['user', 'assistant', 'system']),
  content: Type.Union([Type.String(), Type.Array(unlessOfType(hostedBlocks, block))]),
});

const tool = Type.Object({
  type: optional(Type.String({ description: 'custom' })),
  name: optional(Type.String({ minLength: 1, maxLength: 256 })),
  description: text,
  input_schema: optional(Type.Record(Type.String(), Type.Unknown(), { description: 'A JSON schema.' })),
  input_examples: optional(Type.Array(jsonObject)),
  strict: optional(Type.Boolean({ description: 'Refuse a schema that cannot be enforced.' })),
});

const toolChoice = Type.Object({
  type: Type.Enum(['auto', 'any', 'tool', 'none']),
  name: optional(Type.String({ description: 'With the type tool.' })),
  disable_parallel_tool_use: optional(Type.Boolean()),
});

const format = Type.Object({ type: Type.Literal('json_schema'), schema: jsonObject });

const thinking = Type.Object({
  type: Type.Enum(['enabled', 'disabled', 'adaptive', 'between_tools']),
  budget_tokens: optional(Type.Integer({ minimum: 0, description: 'Most tokens of a thought.' })),
  display: optional(Type.Enum(['summarized', 'omitted'], { description: 'omitted leaves thoughts empty.' })),
});

const contextEdit = Type.Object({ type: Type.String(), keep: optional(Type.Unknown()) });

/** Anthropic's Messages API, with the parameters of the other APIs that do not contradict it. */
export const messagesRequest = Type.Object({
  ...generationParameters,
  ...templateParameters,
  max_tokens: optional(
    Type.Integer({
      minimum: -1,
      maximum: mostTokens,
      description: '0 only reads the prompt into the prompt cache; -1 is as many as fit into the context.',
    }),
  ),
  messages: Type.Array(message, { minItems: 1 }),
  system: optional(Type.Union([Type.String(), Type.Array(block)])),
  stop_sequences: optional(Type.Array(stopString, { maxItems: 16 })),
  tools: optional(Type.Array(tool, { maxItems: 512, description: 'Tools that the model may call.' })),
  tool_choice: optional(toolChoice),
  thinking: optional(thinking),
  output_config: optional(
    Type.Object({
      effort: optional(Type.String({ description: 'low, medium, high, xhigh or max; for models that think.' })),
      format: optional(format),
    }),
  ),
  output_format: optional(format),
  context_management: optional(Type.Object({ edits: optional(Type.Array(contextEdit)) })),
  resume: optional(resume),
});

export type MessagesRequest = Static<typeof messagesRequest>;
export type WireBlock = Static<typeof block>;
export type WireInnerBlock = Static<typeof innerBlock>;
export type WireTurn = Static<typeof message>;
export type WireMessagesTool = Static<typeof tool>;
