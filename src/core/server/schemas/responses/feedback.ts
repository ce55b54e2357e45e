import { type Static, Type } from 'typebox';

const fields = Type.Record(Type.String(), Type.Unknown(), { description: 'Anything else to be kept with it.' });

export const feedbackRequest = Type.Object(
  {
    response_id: Type.String({ minLength: 1, maxLength: 256, description: 'The id of the answer.' }),
    like: Type.Optional(Type.Union([Type.Boolean(), Type.Null()], { description: 'Thumb up or down.' })),
    comment: Type.Optional(Type.Union([Type.String({ maxLength: 10_000 }), Type.Null()])),
    fields: Type.Optional(Type.Union([fields, Type.Null()])),
  },
  { additionalProperties: false, description: 'Besides response_id, it has at least one of the others.' },
);

/** A message of a chat, as chat templates have them. */
const message = Type.Object({
  role: Type.Enum(['system', 'developer', 'user', 'assistant', 'tool']),
  content: Type.String(),
  name: Type.Optional(Type.String()),
  tool_calls: Type.Optional(Type.Array(Type.Record(Type.String(), Type.Unknown()))),
  tool_call_id: Type.Optional(Type.String()),
  reasoning_content: Type.Optional(Type.String()),
});

const given = {
  id: Type.String(),
  object: Type.Literal('feedback'),
  created_at: Type.Integer({ description: 'Unix time in seconds.' }),
  response_id: Type.String(),
  like: Type.Union([Type.Boolean(), Type.Null()]),
  comment: Type.Union([Type.String(), Type.Null()]),
  fields,
};

/** The answer to the client that gave it. */
export const givenFeedback = Type.Object(given);

export const feedback = Type.Object({
  ...given,
  key: Type.String({ description: 'The name of the key that gave it; anonymous on a server without keys.' }),
  model: Type.Union([Type.String(), Type.Null()], { description: 'Null if the response was not stored.' }),
  prompt: Type.Union([Type.Array(message), Type.Null()], {
    description: 'The chat up to the answer; null if not all of it was stored.',
  }),
  answer: Type.Union([message, Type.Null()], { description: 'Null if the response was not stored.' }),
});

export const feedbackList = Type.Object({
  object: Type.Literal('list'),
  data: Type.Array(Type.Ref('Feedback#'), { description: 'The oldest first.' }),
  has_more: Type.Boolean(),
});

export const feedbackPage = Type.Object({
  limit: Type.Optional(Type.String({ pattern: '^([1-9][0-9]?|100)$', description: '1 to 100; 20 by default.' })),
  after: Type.Optional(Type.String({ description: 'The id of the feedback before the first one.' })),
});

export const deletedFeedback = Type.Object({
  id: Type.String(),
  object: Type.Literal('feedback'),
  deleted: Type.Literal(true),
});

export type FeedbackRequest = Static<typeof feedbackRequest>;
export type Feedback = Static<typeof feedback>;
