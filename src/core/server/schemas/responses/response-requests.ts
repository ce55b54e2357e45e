import { type Static, Type } from 'typebox';
import {
  chatParameters,
  endingParameters,
  generationParameters,
  mostTokens,
  resume,
  templateParameters,
} from '../completions/completion-requests.js';
import { chatLogprobParameters } from '../shared/logprobs.js';
import { optional } from '../shared/optional.js';
import { wireItem } from './response-items.js';

const jsonSchema = Type.Record(Type.String(), Type.Unknown());

/** A function as this API describes it, without an object of its own around its name. */
const flatFunction = {
  type: Type.String({ description: 'function or custom' }),
  name: optional(Type.String({ minLength: 1, maxLength: 256 })),
  description: optional(Type.String()),
  parameters: optional(Type.Record(Type.String(), Type.Unknown(), { description: 'A JSON schema.' })),
  strict: optional(Type.Boolean({ description: 'Refuse a schema that cannot be enforced.' })),
  format: optional(
    Type.Object(
      { type: Type.String(), syntax: optional(Type.String()), definition: optional(Type.String()) },
      { description: 'Of the input of a custom tool: text, or grammar with a regex or a Lark grammar.' },
    ),
  ),
};

const flatTool = Type.Object({
  ...flatFunction,
  type: Type.String({ description: 'function, custom, or namespace: tools that share a name.' }),
  tools: optional(Type.Array(Type.Object(flatFunction), { maxItems: 512, description: 'Those of a namespace.' })),
  external_web_access: optional(Type.Boolean()),
  execution: optional(Type.String({ description: 'Of a search for tools: client or server.' })),
});

const textFormat = Type.Object({
  type: Type.Enum(['text', 'json_object', 'json_schema']),
  name: optional(Type.String()),
  description: optional(Type.String()),
  schema: optional(jsonSchema),
  strict: optional(Type.Boolean()),
});

/** OpenAI's limits. */
export const metadata = Type.Record(Type.String(), Type.String({ maxLength: 512 }), {
  maxProperties: 16,
  description: 'Kept with the response and returned; not used.',
});

const { properties: reasoning } = chatParameters.reasoning.anyOf[0];

export const responseRequest = Type.Object({
  ...endingParameters,
  ...templateParameters,
  ...chatParameters,
  ...generationParameters,
  top_logprobs: chatLogprobParameters.top_logprobs,
  input: optional(Type.Union([Type.String(), Type.Array(wireItem)], { description: 'A text of the user, or items.' })),
  instructions: optional(
    Type.String({ description: 'A system message before everything else. Not kept for the next response.' }),
  ),
  previous_response_id: optional(Type.String({ description: 'A stored response, which this one continues.' })),
  conversation: optional(
    Type.Union([Type.String(), Type.Object({ id: Type.String() })], {
      description: 'A conversation, which this response continues and becomes part of.',
    }),
  ),
  store: optional(Type.Boolean({ default: true, description: 'Keep the response, so that it can be continued.' })),
  max_output_tokens: optional(
    Type.Integer({ minimum: -1, maximum: mostTokens, description: 'Not 0; -1 is as many as fit into the context.' }),
  ),
  tools: optional(
    Type.Array(flatTool, { maxItems: 512, description: 'Functions and custom tools that the model may call.' }),
  ),
  tool_choice: optional(Type.Unknown({ description: 'none, auto, required, or {"type": "function", "name": "…"}.' })),
  text: optional(
    Type.Object({
      format: optional(textFormat),
      verbosity: optional(Type.String({ description: 'Returned, but not used.' })),
    }),
  ),
  reasoning: optional(
    Type.Object({ ...reasoning, summary: optional(Type.String({ description: 'Returned; there are no summaries.' })) }),
  ),
  truncation: optional(
    Type.Enum(['auto', 'disabled'], { default: 'disabled', description: 'auto: leave out what does not fit.' }),
  ),
  include: optional(
    Type.Array(Type.String(), {
      description: 'reasoning.encrypted_content, message.output_text.logprobs; others are not used.',
    }),
  ),
  metadata: optional(metadata),
  service_tier: optional(Type.String({ description: 'Returned. With flex, the request waits in the class batch.' })),
  safety_identifier: optional(Type.String({ description: 'Returned, but not used.' })),
  prompt_cache_key: optional(Type.String({ description: 'Returned, but not used.' })),
  resume: optional(resume),
});

export type ResponseRequest = Static<typeof responseRequest>;
export type FlatTool = Static<typeof flatTool>;
