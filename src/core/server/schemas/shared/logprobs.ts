import { type Static, Type } from 'typebox';
import { optional } from './optional.js';

const most = 20;

/** Of chats. */
export const chatLogprobParameters = {
  logprobs: optional(Type.Boolean({ description: 'Report how likely the model took each token of the content.' })),
  top_logprobs: optional(
    Type.Integer({ minimum: 0, maximum: most, description: 'With logprobs: how many of the likeliest tokens.' }),
  ),
};

/** Of completions. */
export const textLogprobParameters = {
  logprobs: optional(
    Type.Union([Type.Integer({ minimum: 0, maximum: most }), Type.Literal(false)], {
      description: 'Report how likely the model took each token, and this many of the likeliest tokens.',
    }),
  ),
};

const wireLogprob = Type.Object({
  token: Type.String({ description: 'Bytes that are no whole characters are written as \\xe3.' }),
  logprob: Type.Number({ maximum: 0, description: 'Natural logarithm of its probability; -9999 if it is impossible.' }),
  bytes: Type.Union([Type.Array(Type.Integer({ minimum: 0, maximum: 255 })), Type.Null()], {
    description: 'Null for special tokens.',
  }),
});

export const chatLogprobs = Type.Object({
  content: Type.Array(Type.Object({ ...wireLogprob.properties, top_logprobs: Type.Array(wireLogprob) })),
  refusal: Type.Null(),
});

/** Lists of the same length. */
export const textLogprobs = Type.Object({
  tokens: Type.Array(Type.String()),
  token_logprobs: Type.Array(Type.Union([Type.Number({ maximum: 0 }), Type.Null()]), {
    description: 'Null for the first token of an echoed prompt.',
  }),
  top_logprobs: Type.Array(Type.Union([Type.Record(Type.String(), Type.Number({ maximum: 0 })), Type.Null()])),
  text_offset: Type.Array(Type.Integer({ minimum: 0, description: 'In characters, from the beginning of the text.' })),
});

const known = Type.Object({ ...wireLogprob.properties, bytes: Type.Array(Type.Integer({ minimum: 0, maximum: 255 })) });

/** In the items of responses, where bytes are never null. */
export const itemLogprob = Type.Object({ ...known.properties, top_logprobs: Type.Array(known) });

const brief = Type.Object({ token: Type.String(), logprob: Type.Number({ maximum: 0 }) });

/** In the events of responses, which have no bytes. */
export const eventLogprob = Type.Object({ ...brief.properties, top_logprobs: Type.Array(brief) });

export type ItemLogprob = Static<typeof itemLogprob>;
export type EventLogprob = Static<typeof eventLogprob>;
export type WireLogprob = Static<typeof wireLogprob>;
export type ChatLogprobs = Static<typeof chatLogprobs>;
export type TextLogprobs = Static<typeof textLogprobs>;
