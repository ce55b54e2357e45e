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

/** The requests of a run that one tenant sent. */
export const tenantSchema = Type.Object({
  name: Type.String(),
  clients: Type.Optional(Type.Integer({ minimum: 1, description: 'Its own clients, if it has a fixed number.' })),
  share: Type.Optional(Type.Number({ exclusiveMinimum: 0, description: 'Otherwise its share of the load.' })),
  weight: Type.Number({ exclusiveMinimum: 0, description: 'The service that it should get in proportion to others.' }),
  requests_per_second: Type.Number({ minimum: 0 }),
  output_tokens_per_second: Type.Number({ minimum: 0 }),
  ...groupFields,
});

/** The requests of a run that were the same turn of their conversations. */
export const turnSchema = Type.Object({
  turn: Type.Integer({ minimum: 1, description: 'Which message of the user in its conversation, from 1.' }),
  and_later: Type.Optional(Type.Boolean({ description: 'Later turns are included.' })),
  ...groupFields,
});
