import { type Static, Type } from 'typebox';
import { chatLogprobs, textLogprobs } from '../shared/logprobs.js';

export const count = Type.Integer({ minimum: 0 });
const milliseconds = Type.Number({ minimum: 0 });

const head = {
  id: Type.String(),
  created: Type.Integer({ description: 'Unix time in seconds.' }),
  model: Type.String(),
  system_fingerprint: Type.String({ description: 'The same as long as the model and the program are the same.' }),
  service_tier: Type.Optional(Type.String({ description: 'As the request has it.' })),
};

const usage = Type.Object({
  prompt_tokens: count,
  completion_tokens: count,
  total_tokens: count,
  prompt_tokens_details: Type.Object({ cached_tokens: count }),
  completion_tokens_details: Type.Object({ reasoning_tokens: count }),
});

export const timings = Type.Object(
  {
    queue_ms: milliseconds,
    prefill_ms: milliseconds,
    decode_ms: milliseconds,
    prompt_tokens: count,
    cached_tokens: Type.Integer({ minimum: 0, description: 'Prompt tokens that needed no prefill.' }),
    output_tokens: count,
    reasoning_tokens: Type.Optional(Type.Integer({ minimum: 1, description: 'Output tokens of thoughts, if any.' })),
    paused_ms: Type.Optional(
      Type.Number({ minimum: 0, description: 'With --preempt-batch-after: how long it was paused, if it was.' }),
    ),
    executor: Type.Optional(
      Type.String({ description: 'With --replicas, the engine that had the answer last; in a cluster, the node.' }),
    ),
  },
  { description: 'How the time of the request was spent.' },
);

const reason = Type.Enum(['stop', 'length', 'tool_calls', 'function_call']);

const inChats = { logprobs: Type.Union([chatLogprobs, Type.Null()], { description: 'If they were asked for.' }) };
const inTexts = { logprobs: Type.Union([textLogprobs, Type.Null()], { description: 'If they were asked for.' }) };

const textReason = Type.Enum(['stop', 'length']);

/** For whole answers, and the last chunks of streams. */
const finished = { index: count, finish_reason: reason };
const finishedText = { index: count, finish_reason: textReason };

/** For chunks: null until the end. */
const unfinished = { ...finished, finish_reason: Type.Union([reason, Type.Null()]) };
const unfinishedText = { ...finishedText, finish_reason: Type.Union([textReason, Type.Null()]) };

/** What only some chunks carry. */
const atTheEnd = {
  usage: Type.Optional(Type.Object(usage.properties, { description: 'With stream_options.include_usage.' })),
  timings: Type.Optional(Type.Object(timings.properties, { description: 'In the last chunk.' })),
};

export const chatCompletion = Type.Object({
  ...head,
  object: Type.Literal('chat.completion'),
  choices: Type.Array(
    Type.Object({
      ...finished,
      ...inChats,
      message: Type.Object({
        role: Type.Literal('assistant'),
        content: Type.Union([Type.String(), Type.Null()], { description: 'Null if there are only calls.' }),
        reasoning_content: Type.Optional(Type.String({ description: 'What the model thought before it answered.' })),
        tool_calls: Type.Optional(
          Type.Array(
            Type.Object({
              id: Type.String(),
              type: Type.Literal('function'),
              function: Type.Object({ name: Type.String(), arguments: Type.String({ description: 'JSON.' }) }),
            }),
            { minItems: 1 },
          ),
        ),
        function_call: Type.Optional(
          Type.Object(
            { name: Type.String(), arguments: Type.String({ description: 'JSON.' }) },
            { description: 'The call, if the request had functions.' },
          ),
        ),
        refusal: Type.Null(),
      }),
    }),
    { minItems: 1 },
  ),
  usage,
  timings,
});

export const chatCompletionChunk = Type.Object({
  ...head,
  object: Type.Literal('chat.completion.chunk'),
  choices: Type.Array(
    Type.Object({
      ...unfinished,
      ...inChats,
      delta: Type.Object({
        role: Type.Optional(Type.Literal('assistant')),
        content: Type.Optional(Type.String()),
        reasoning_content: Type.Optional(Type.String()),
        tool_calls: Type.Optional(
          Type.Array(
            Type.Object({
              index: count,
              id: Type.Optional(Type.String({ description: 'In the first piece of a call, as are type and name.' })),
              type: Type.Optional(Type.Literal('function')),
              function: Type.Object({
                name: Type.Optional(Type.String()),
                arguments: Type.String({ description: 'The next piece of the JSON.' }),
              }),
            }),
          ),
        ),
        function_call: Type.Optional(
          Type.Object(
            { name: Type.Optional(Type.String()), arguments: Type.String() },
            { description: 'The next piece of the call, if the request had functions.' },
          ),
        ),
      }),
    }),
    { maxItems: 1, description: 'Empty in the chunk with the usage.' },
  ),
  ...atTheEnd,
});

export const completion = Type.Object({
  ...head,
  object: Type.Literal('text_completion'),
  choices: Type.Array(Type.Object({ ...finishedText, ...inTexts, text: Type.String() }), { minItems: 1 }),
  usage,
  timings,
});

export const completionChunk = Type.Object({
  ...head,
  object: Type.Literal('text_completion'),
  choices: Type.Array(Type.Object({ ...unfinishedText, ...inTexts, text: Type.String() }), {
    maxItems: 1,
    description: 'Empty in the chunk with the usage.',
  }),
  ...atTheEnd,
});

export type WireTimings = Static<typeof timings>;
