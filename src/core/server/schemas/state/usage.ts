import { Type } from 'typebox';

const count = Type.Integer({ minimum: 0 });

const used = {
  requests: Type.Object(
    { completed: count, cancelled: count, refused: count, timed_out: count, failed: count },
    { description: 'Requests that have ended, by outcome.' },
  ),
  tokens: Type.Object({ prompt: count, cached: count, output: count }),
  queue_ms: Type.Integer({ minimum: 0, description: 'Time in the request queue, of all requests together.' }),
};

const models = Type.Optional(
  Type.Array(Type.Object({ model: Type.String(), ...used }), {
    description:
      'The same for each model, in the order of their names; left out if the server itself has only one model. Requests that were ' +
      'refused before their model was known are in none.',
  }),
);

export const usage = Type.Object({
  object: Type.Literal('list'),
  data: Type.Array(
    Type.Object({
      key: Type.String({ description: 'The name of the key; anonymous on a server without keys.' }),
      ...used,
      models,
      hours: Type.Array(
        Type.Object({ start: Type.Integer({ description: 'Unix time in seconds.' }), ...used, models }),
        {
          description: 'The hours of the clock in which the key had requests, the oldest first.',
        },
      ),
    }),
  ),
});
