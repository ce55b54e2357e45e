import { Type } from 'typebox';
import { timings } from '../completions/completion-answers.js';

const count = Type.Integer({ minimum: 0 });
const nothing = Type.Null();

const textBlock = Type.Object({ type: Type.Literal('text'), text: Type.String(), citations: Type.Array(Type.Never()) });

const thinkingBlock = Type.Object({
  type: Type.Literal('thinking'),
  thinking: Type.String({ description: 'What the model thought before it answered.' }),
  signature: Type.Literal(''),
});

const toolUseBlock = Type.Object({
  type: Type.Literal('tool_use'),
  id: Type.String(),
  name: Type.String(),
  input: Type.Record(Type.String(), Type.Unknown(), { description: 'Empty if the answer ended within it.' }),
  caller: Type.Object({ type: Type.Literal('direct') }),
});

const contentBlock = Type.Union([textBlock, thinkingBlock, toolUseBlock]);

const stopReason = Type.Enum(['end_turn', 'max_tokens', 'stop_sequence', 'tool_use', 'model_context_window_exceeded']);

const outputCounts = {
  input_tokens: Type.Integer({ minimum: 0, description: 'Tokens of the prompt that were not in the prompt cache.' }),
  cache_creation_input_tokens: Type.Literal(0),
  cache_read_input_tokens: count,
  output_tokens: count,
  output_tokens_details: Type.Object({ thinking_tokens: count }),
  server_tool_use: nothing,
};

const usage = Type.Object({
  ...outputCounts,
  cache_creation: nothing,
  inference_geo: nothing,
  service_tier: Type.Literal('standard'),
  speed: nothing,
});

const head = {
  id: Type.String(),
  type: Type.Literal('message'),
  role: Type.Literal('assistant'),
  model: Type.String(),
  container: nothing,
  diagnostics: nothing,
  stop_details: nothing,
};

const stopSequence = Type.Union([Type.String(), Type.Null()], { description: 'With the reason stop_sequence.' });

export const message = Type.Object({
  ...head,
  content: Type.Array(contentBlock),
  stop_reason: stopReason,
  stop_sequence: stopSequence,
  usage,
  timings,
});

export const messagesError = Type.Object({
  type: Type.Literal('error'),
  error: Type.Object({
    type: Type.String({ description: "Anthropic's type of error." }),
    message: Type.String({ description: 'What is wrong and what to do about it, for people.' }),
    details: Type.Object({
      error_code: Type.String({ description: 'For programs, such as queue_full.' }),
      param: Type.Union([Type.String(), Type.Null()], {
        description: 'The parameter that caused the error, if there is one.',
      }),
      n_prompt_tokens: Type.Optional(
        Type.Integer({ minimum: 0, description: 'Tokens of a prompt that does not fit, or as many as were counted.' }),
      ),
      n_ctx: Type.Optional(Type.Integer({ minimum: 1, description: 'Tokens that fit, prompt and answer together.' })),
    }),
  }),
  request_id: Type.String(),
});

const index = { index: Type.Integer({ minimum: 0, description: 'The place of the block in the content.' }) };

const delta = Type.Union([
  Type.Object({ type: Type.Literal('text_delta'), text: Type.String() }),
  Type.Object({ type: Type.Literal('thinking_delta'), thinking: Type.String() }),
  Type.Object({ type: Type.Literal('signature_delta'), signature: Type.Literal('') }),
  Type.Object({ type: Type.Literal('input_json_delta'), partial_json: Type.String() }),
]);

/** What the events of a stream carry, in the order in which they are sent. */
export const messagesEvent = Type.Union([
  Type.Object({
    type: Type.Literal('message_start'),
    message: Type.Object({
      ...head,
      content: Type.Array(contentBlock, { maxItems: 0 }),
      stop_reason: nothing,
      stop_sequence: nothing,
      usage,
    }),
  }),
  Type.Object({ type: Type.Literal('ping') }, { description: 'Once, after the beginning of the first block.' }),
  Type.Object({ type: Type.Literal('content_block_start'), ...index, content_block: contentBlock }),
  Type.Object({ type: Type.Literal('content_block_delta'), ...index, delta }),
  Type.Object({ type: Type.Literal('content_block_stop'), ...index }),
  Type.Object({
    type: Type.Literal('message_delta'),
    delta: Type.Object({
      container: nothing,
      stop_details: nothing,
      stop_reason: stopReason,
      stop_sequence: stopSequence,
    }),
    usage: Type.Object(outputCounts),
    timings,
  }),
  Type.Object({ type: Type.Literal('message_stop') }),
]);
