import { type Static, Type } from 'typebox';
import { count, timings } from '../completions/completion-answers.js';
import { eventLogprob } from '../shared/logprobs.js';
import { conversationItem, outputItem, outputPart } from './response-items.js';

const orNull = <T extends Type.TSchema>(schema: T): Type.TUnion<[T, Type.TNull]> => Type.Union([schema, Type.Null()]);
const text = orNull(Type.String());
const jsonSchema = Type.Record(Type.String(), Type.Unknown());

const usage = Type.Object({
  input_tokens: count,
  input_tokens_details: Type.Object({ cached_tokens: count, cache_write_tokens: count }),
  output_tokens: count,
  output_tokens_details: Type.Object({ reasoning_tokens: count }),
  total_tokens: count,
});

const functionTool = Type.Object({
  type: Type.Literal('function'),
  name: Type.String(),
  description: text,
  parameters: orNull(jsonSchema),
  strict: Type.Boolean(),
});

const customTool = Type.Object({
  type: Type.Literal('custom'),
  name: Type.String(),
  description: Type.Optional(Type.String()),
  format: Type.Union([
    Type.Object({ type: Type.Literal('text') }),
    Type.Object({ type: Type.Literal('grammar'), syntax: Type.Enum(['lark', 'regex']), definition: Type.String() }),
  ]),
});

const tool = Type.Union([
  functionTool,
  customTool,
  Type.Object({
    type: Type.Literal('namespace'),
    name: Type.String(),
    description: Type.String(),
    tools: Type.Array(Type.Union([functionTool, customTool])),
  }),
  Type.Object(
    { type: Type.Literal('web_search') },
    { description: 'In some stored responses: a search that the model did not get. New ones list what it gets.' },
  ),
]);

const chosenTool = Type.Object({ type: Type.Enum(['function', 'custom']), name: Type.String() });

const toolChoice = Type.Union([
  Type.Enum(['none', 'auto', 'required']),
  chosenTool,
  Type.Object({
    type: Type.Literal('allowed_tools'),
    mode: Type.Enum(['auto', 'required']),
    tools: Type.Array(chosenTool),
  }),
]);

const format = Type.Union([
  Type.Object({ type: Type.Enum(['text']) }),
  Type.Object({ type: Type.Enum(['json_object']) }),
  Type.Object({
    type: Type.Literal('json_schema'),
    name: Type.String(),
    description: Type.Optional(Type.String()),
    schema: jsonSchema,
    strict: Type.Boolean(),
  }),
]);

/** The parts of a request that its response repeats, with the defaults filled in. */
const echo = {
  instructions: text,
  max_output_tokens: orNull(Type.Integer({ minimum: 1 })),
  metadata: Type.Record(Type.String(), Type.String()),
  parallel_tool_calls: Type.Boolean(),
  previous_response_id: text,
  conversation: orNull(Type.Object({ id: Type.String() })),
  prompt_cache_key: text,
  reasoning: Type.Object({ effort: text, summary: text }),
  safety_identifier: text,
  service_tier: Type.String(),
  store: Type.Boolean(),
  temperature: Type.Number(),
  text: Type.Object({ format, verbosity: Type.String() }),
  tool_choice: toolChoice,
  tools: Type.Array(tool),
  top_logprobs: count,
  top_p: Type.Number(),
  truncation: Type.Enum(['auto', 'disabled']),
  user: Type.Optional(Type.String()),
};

export const response = Type.Object({
  id: Type.String(),
  object: Type.Literal('response'),
  created_at: Type.Integer({ description: 'Unix time in seconds.' }),
  completed_at: orNull(Type.Integer()),
  status: Type.Enum(['in_progress', 'completed', 'incomplete', 'failed', 'cancelled']),
  background: Type.Literal(false),
  error: orNull(
    Type.Object({
      code: Type.Enum(['server_error', 'rate_limit_exceeded', 'invalid_prompt']),
      error_code: Type.Optional(Type.String({ description: 'The code that the error has in all other answers.' })),
      message: Type.String(),
    }),
  ),
  incomplete_details: orNull(Type.Object({ reason: Type.Literal('max_output_tokens') })),
  model: Type.String(),
  output: Type.Array(outputItem),
  ...echo,
  usage: Type.Optional(usage),
  timings: Type.Optional(Type.Object(timings.properties, { description: 'Once the response has ended.' })),
});

const ofItem = { item_id: Type.String(), output_index: count };
const ofPart = { ...ofItem, content_index: count };

function event<T extends string, P extends Type.TProperties>(
  type: T,
  properties: P,
): Type.TObject<{ type: Type.TLiteral<T>; sequence_number: typeof count } & P> {
  return Type.Object({ type: Type.Literal(type), sequence_number: count, ...properties });
}

export const responseEvent = Type.Union([
  event('response.created', { response }),
  event('response.in_progress', { response }),
  event('response.completed', { response }),
  event('response.incomplete', { response }),
  event('response.failed', { response }),
  event('response.output_item.added', { output_index: count, item: outputItem }),
  event('response.output_item.done', { output_index: count, item: outputItem }),
  event('response.content_part.added', { ...ofPart, part: outputPart }),
  event('response.content_part.done', { ...ofPart, part: outputPart }),
  event('response.output_text.delta', { ...ofPart, delta: Type.String(), logprobs: Type.Array(eventLogprob) }),
  event('response.output_text.done', { ...ofPart, text: Type.String(), logprobs: Type.Array(eventLogprob) }),
  event('response.reasoning_text.delta', { ...ofPart, delta: Type.String() }),
  event('response.reasoning_text.done', { ...ofPart, text: Type.String() }),
  event('response.function_call_arguments.delta', { ...ofItem, delta: Type.String() }),
  event('response.function_call_arguments.done', { ...ofItem, name: Type.String(), arguments: Type.String() }),
  event('response.custom_tool_call_input.delta', { ...ofItem, delta: Type.String() }),
  event('response.custom_tool_call_input.done', { ...ofItem, input: Type.String() }),
]);

export const itemList = Type.Object({
  object: Type.Literal('list'),
  data: Type.Array(conversationItem),
  first_id: text,
  last_id: text,
  has_more: Type.Boolean(),
});

export const deletedResponse = Type.Object({
  id: Type.String(),
  object: Type.Literal('response'),
  deleted: Type.Literal(true),
});

export type ResponseObject = Static<typeof response>;
export type ResponseEvent = Static<typeof responseEvent>;
export type ResponseUsage = Static<typeof usage>;
export type ItemList = Static<typeof itemList>;
