import { Type } from 'typebox';
import { metricSchema } from './metric-schema.js';

const count = Type.Integer({ minimum: 0 });

/** Figures of some of a run's requests, which belong together. */
export const groupFields = {
  completed: count,
  unanswered: Type.Integer({ minimum: 0, description: 'Refused, failed and timed out.' }),
  output_tokens: Type.Integer({ minimum: 0, description: 'Of completed requests.' }),
  prompt_tokens: Type.Union([count, Type.Null()], {
    description: 'Of completed requests; null if the server does not say how long prompts were.',
  }),
  cached_tokens: Type.Union([count, Type.Null()], {
    description: "Of the prompt tokens, those in the server's cache; null if the server does not say.",
  }),
  ttft: metricSchema,
  tpot: metricSchema,
  e2e: metricSchema,
};

/** The requests of a run that were the same turn of their conversations. */
export const turnSchema = Type.Object({
  turn: Type.Integer({ minimum: 1, description: 'Which message of the user in its conversation, from 1.' }),
  and_later: Type.Optional(Type.Boolean({ description: 'Later turns are included.' })),
  ...groupFields,
});
